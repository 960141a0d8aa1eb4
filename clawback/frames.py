"""Messages through a socket, each with its length before it.

The connections of `multiprocessing` set up a selector and ask twice for every message; here one
request takes all that has come.
"""

from __future__ import annotations

import os
import select
import struct
import time

_HEAD = struct.Struct("!Q")
_READ_BYTES = 1 << 18


def send_frame(descriptor: int, message: bytes) -> None:
    """Write one message whole. Raises `OSError` where the other end is gone."""
    rest = memoryview(_HEAD.pack(len(message)) + message)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


class FrameReader:
    """Reads what `send_frame` wrote; the descriptor stays its owner's.

    A message that claims more than `most_bytes` is refused with `ConnectionError`, before it is read.
    """

    def __init__(self, descriptor: int, *, most_bytes: int | None = None) -> None:
        self._descriptor = descriptor
        self._most_bytes = most_bytes
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._came = bytearray()

    def receive(self, seconds: float) -> bytes | None:
        """The next message, None at the end. Raises `TimeoutError` where it takes longer: what has
        come by then is kept for the next call."""
        if not self._filled(_HEAD.size, deadline := time.monotonic() + seconds):
            return None
        end = _HEAD.size + int(_HEAD.unpack_from(self._came)[0])
        if self._most_bytes is not None and end > self._most_bytes:
            raise ConnectionError("a message is larger than any may be")
        if not self._filled(end, deadline):
            return None
        message = bytes(memoryview(self._came)[_HEAD.size : end])
        del self._came[:end]
        return message

    def _filled(self, size: int, deadline: float) -> bool:
        """Whether so many bytes came before the end."""
        while len(self._came) < size:
            if not self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError
            piece = os.read(self._descriptor, _READ_BYTES)
            if not piece:
                return False
            self._came += piece
        return True
