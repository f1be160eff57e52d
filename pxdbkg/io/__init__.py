"""Digit files (npz, ROOT, PNG) and payload files."""

from pxdbkg.io.digit_file import DigitReader, DigitWriter, EventIds, open_digits, open_writer

__all__ = ["DigitReader", "DigitWriter", "EventIds", "open_digits", "open_writer"]
