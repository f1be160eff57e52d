"""Modules of an event loop, thin over the other rooms."""

# Name -> file and class; the file is imported when the module is first used.
MODULES = {
    "BGOverlayExecutor": "pxdbkg.modules.bg_overlay_executor:BGOverlayExecutor",
    "BGOverlayInput": "pxdbkg.modules.bg_overlay_input:BGOverlayInput",
    "DigitInput": "pxdbkg.modules.digit_input:DigitInput",
    "DigitOutput": "pxdbkg.modules.digit_output:DigitOutput",
    "EventInfoSetter": "pxdbkg.modules.event_info_setter:EventInfoSetter",
    "PXDBackgroundGenerator": "pxdbkg.modules.pxd_background_generator:PXDBackgroundGenerator",
    "PXDBackgroundSimulator": "pxdbkg.modules.pxd_background_simulator:PXDBackgroundSimulator",
    "PXDClusterizer": "pxdbkg.modules.pxd_clusterizer:PXDClusterizer",
    "PXDDigitSorter": "pxdbkg.modules.pxd_digit_sorter:PXDDigitSorter",
    "PXDDigitizer": "pxdbkg.modules.pxd_digitizer:PXDDigitizer",
    "PXDOccupancyMonitor": "pxdbkg.modules.pxd_occupancy_monitor:PXDOccupancyMonitor",
    "Progress": "pxdbkg.modules.progress:Progress",
    "SignalHits": "pxdbkg.modules.signal_hits:SignalHits",
}
