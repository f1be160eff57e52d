"""Physical simulation of the pixel detector: the digitizer and what it needs."""
