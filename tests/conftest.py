"""Fixtures that several test folders use."""

from hypothesis import settings

# No limit on the time of one example: a busy machine is not a fault of the code.
settings.register_profile("pxdbkg", deadline=None)
settings.load_profile("pxdbkg")
