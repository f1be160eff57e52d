"""Digit files (npz, ROOT, PNG) and payload files."""
