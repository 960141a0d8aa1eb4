"""Connections: each has some seconds to ask for something, however slowly its bytes come.

uvicorn lets a connection that never asked stay for ever, and counts it among those that it takes at
most: a few hundred silent ones would keep everybody else out.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

SOCKETS = 150
"""Connections that may be websockets at most: the rest is left to those who ask for one answer."""

_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Content-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
)


class BoundedConnection(H11Protocol):
    """A connection that is closed where the head of its next request is not there in time.

    What comes after an answer, such as the rest of a body that nobody wanted, gains it no time.
    """

    seconds = 45.0
    """From one answer to the head of the next request: longer than an idle one is kept."""

    _closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait_or_not()

    def data_received(self, data: bytes) -> None:
        """Stop to wait once a whole head is there."""
        super().data_received(data)
        if self._is_answering():
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Begin to wait anew, unless another request is there already."""
        super().on_response_complete()
        self._wait_or_not()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Hand the connection over to a websocket, which is bounded by pings; or refuse it.

        uvicorn looks at its bound of connections for requests alone.
        """
        self._stop_waiting()
        sockets = sum(not isinstance(one, H11Protocol) for one in self.connections)
        if sockets >= SOCKETS or len(self.connections) > (self.limit_concurrency or math.inf):
            self._refuse()
            return
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop to wait."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _refuse(self) -> None:
        self.transport.write(_TOO_MANY)
        self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_or_not(self) -> None:
        self._stop_waiting()
        if not self._is_answering() and not self.transport.is_closing():
            self._closing = self.loop.call_later(self.seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
