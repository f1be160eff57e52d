"""Settings for all tests."""

import os

from hypothesis import settings

# No limit on the time of one example: a busy machine is not a fault of the code. CI tries the same examples each time,
# so that what it says is about the change; everybody else tries new ones.
settings.register_profile("pxdbkg", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("pxdbkg")
