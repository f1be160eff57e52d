"""Generated beam background for the Belle II pixel detector."""

__version__ = "0.1.0"
