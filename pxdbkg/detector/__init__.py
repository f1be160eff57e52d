"""Sensors, geometry, ids, digits and masks of the pixel detector."""
