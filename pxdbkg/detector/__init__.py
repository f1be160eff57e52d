"""Sensors, geometry, ids, digits and masks of the pixel detector."""

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits, DigitTable, check_offsets
from pxdbkg.detector.geometry import Geometry, nominal, run1
from pxdbkg.detector.hits import SimHits
from pxdbkg.detector.ids import parse_sensor, parse_sensors, sensor_index, sensor_name, vxd_id
from pxdbkg.detector.masks import PixelMask

__all__ = [
    "N_SENSORS",
    "N_U",
    "N_V",
    "Clusters",
    "DigitTable",
    "Digits",
    "Geometry",
    "PixelMask",
    "SimHits",
    "check_offsets",
    "nominal",
    "parse_sensor",
    "parse_sensors",
    "run1",
    "sensor_index",
    "sensor_name",
    "vxd_id",
]
