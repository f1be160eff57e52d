"""Pickled messages over a pipe, with the arrays out of band: written once, read once, never copied in between."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pickle
import struct
from collections import deque
from typing import Any

_HEAD = struct.Struct("<QQ")  # number of parts, length of the body
_ALIGN = 64
_PIPE_BYTES = 1 << 20  # what Linux allows without privileges; the default of 64 kB would stop a worker in each event


def make_pipe() -> tuple[int, int]:
    """Return the ends (read, write) of a pipe that holds about two events; the read end does not block."""
    read_end, write_end = os.pipe()
    with contextlib.suppress(OSError, AttributeError):  # without it slower, but right
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    os.set_blocking(read_end, False)
    return read_end, write_end


def send(fd: int, message: object) -> None:
    """Write one message; blocks while the pipe is full. What pickle raises means that nothing was written."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(head), *(buffer.raw() for buffer in buffers)]
    sizes = [len(part) for part in parts]
    padding = [-size % _ALIGN for size in sizes]
    table = struct.pack(f"<{len(sizes)}Q", *sizes)
    _write(fd, memoryview(_HEAD.pack(len(parts), sum(sizes) + sum(padding)) + table))
    for part, pad in zip(parts, padding, strict=True):
        _write(fd, part)
        _write(fd, memoryview(bytes(pad)))


def _write(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]


class Receiver:
    """The reading side of one pipe: takes what is there, keeps the messages that are complete."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.messages: deque[Any] = deque()
        self.closed = False
        self._sizes: tuple[int, ...] | None = None
        self._count = 0
        self._expect(_HEAD.size)

    def _expect(self, size: int) -> None:
        self._block, self._filled = bytearray(size), 0

    def pump(self) -> None:
        """Read until the pipe is empty, closed, or one more message is complete."""
        before = len(self.messages)
        while len(self.messages) == before:
            try:
                got = os.readv(self.fd, [memoryview(self._block)[self._filled :]])
            except BlockingIOError:
                return
            if got == 0:
                self.closed = True
                return
            self._filled += got
            if self._filled == len(self._block):
                self._advance()

    def _advance(self) -> None:
        """Go from the head to the table, from the table to the body, from the body to the next message."""
        if not self._count:
            self._count, self._body = _HEAD.unpack(self._block)
            self._expect(8 * self._count)
        elif self._sizes is None:
            self._sizes = struct.unpack(f"<{self._count}Q", self._block)
            self._expect(self._body)
        else:
            view, parts, start = memoryview(self._block), [], 0
            for size in self._sizes:
                parts.append(view[start : start + size])
                start += size + -size % _ALIGN
            self.messages.append(pickle.loads(parts[0], buffers=parts[1:]))
            self._sizes, self._count = None, 0
            self._expect(_HEAD.size)
