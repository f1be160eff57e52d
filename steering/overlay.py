"""The main job in Python: the same path as overlay.yaml, with the same bytes in overlay.npz.

Run from the top of the checkout: python steering/overlay.py
"""

import pxdbkg


def build_path(output: str = "overlay.npz") -> pxdbkg.Path:
    path = pxdbkg.create_path()
    path.add_module("SignalHits", files=["data/signal_simhits.npz"])
    path.add_module("PXDDigitizer")
    path.add_module("PXDBackgroundGenerator", model="data/models/default.pt", threshold=7)
    path.add_module("BGOverlayExecutor")
    path.add_module("PXDDigitSorter")
    path.add_module("PXDClusterizer")
    path.add_module("PXDOccupancyMonitor", collections=["PXDDigits_beamBG", "PXDDigits"])
    path.add_module("DigitOutput", file=output, collections=["PXDDigits", "PXDDigits_beamBG", "PXDClusters"])
    path.add_module("Progress")
    return path


if __name__ == "__main__":
    pxdbkg.process(build_path(), seed=42, events={"experiment": 0, "run": 0, "first": 1, "count": 100})
    print(pxdbkg.statistics)
