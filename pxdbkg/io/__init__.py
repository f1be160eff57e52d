"""Digit files (npz, ROOT, PNG) and payload files."""

from pxdbkg.io.digit_file import DigitReader, DigitWriter, EventIds, open_digits, open_writer
from pxdbkg.io.merge import merge_digit_files

__all__ = ["DigitReader", "DigitWriter", "EventIds", "merge_digit_files", "open_digits", "open_writer"]
