"""Event keys: the only source of randomness in the project.

The key of a draw is a hash of what identifies it, so an event has the same bytes alone, in a batch, in any order and in
any worker. ``pxdbkg.kernels.random`` turns a key into arrays of numbers.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from numbers import Integral

_PREFIX = b"pxdbkg-seed-1\0"


def event_key(seed: str | int, stream: str, experiment: int, run: int, event: int) -> bytes:
    """Return the 16-byte key of one stream of one event.

    Parameters
    ----------
    seed : the seed of the job; an integer means its decimal digits
    stream : name of the consumer, by default the type of its module
    experiment, run : int32
    event : uint64

    The layout is fixed (DESIGN.md 4): SHAKE256 of the prefix, the length-prefixed seed and stream in UTF-8, int32
    experiment, int32 run and uint64 event, all little-endian. Raises ValueError outside these ranges and
    for a seed or stream of another type.

    >>> event_key("42", "PXDBackgroundGenerator", 0, 0, 17).hex()
    'feb4387fc425535c81a88e3588dbba86'
    """
    if isinstance(seed, bool) or not isinstance(seed, (str, Integral)):
        raise ValueError(f"seed: {seed!r} is not a text or a whole number")
    if not isinstance(stream, str):
        raise ValueError(f"stream: {stream!r} is not a text")
    seed_bytes, stream_bytes = str(seed).encode(), stream.encode()
    try:
        numbers = struct.pack("<iiQ", experiment, run, event)
    except struct.error:
        raise ValueError(
            f"experiment {experiment!r}, run {run!r}, event {event!r}: out of range (allowed: whole numbers, "
            "experiment and run from -2^31 to 2^31 - 1, event from 0 to 2^64 - 1)"
        ) from None
    text = _PREFIX + struct.pack("<I", len(seed_bytes)) + seed_bytes + struct.pack("<I", len(stream_bytes))
    return hashlib.shake_256(text + stream_bytes + numbers).digest(16)


def key_words(key: bytes) -> tuple[int, int, int, int]:
    """Return the words k0, k1, c2, c3 of Philox4x32-10 that a key stands for.

    >>> [hex(word) for word in key_words(bytes(range(16)))]
    ['0x3020100', '0x7060504', '0xb0a0908', '0xf0e0d0c']
    """
    if len(key) != 16:
        raise ValueError(f"key_words: a key has 16 bytes, this one has {len(key)}")
    k0, k1, c2, c3 = struct.unpack("<4I", key)
    return k0, k1, c2, c3


def draw_seed() -> str:
    """Return a fresh seed from the operating system, for jobs that name none; print and stamp it."""
    return secrets.token_hex(8)
