"""Sensors, geometry, ids, digits and masks of the pixel detector."""

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits, DigitTable, check_offsets
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
    "PixelMask",
    "SimHits",
    "check_offsets",
    "parse_sensor",
    "parse_sensors",
    "sensor_index",
    "sensor_name",
    "vxd_id",
]
