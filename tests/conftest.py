"""Fixtures that several test folders use."""
