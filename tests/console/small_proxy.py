"""A reverse proxy that shows a console below a path, as nginx does: it takes the path away again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PREFIX = b"/clawback"
MOST = 65_536


@contextmanager
def proxy_to(port: int) -> Iterator[int]:
    """The port of a proxy before this one; connections are closed with the block."""
    listening = socket.create_server(("127.0.0.1", 0))
    opened: list[socket.socket] = []
    thread = threading.Thread(target=_serve, args=(listening, port, opened), daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for one in opened:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        thread.join(10)


def _serve(listening: socket.socket, port: int, opened: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            client, (host, _) = listening.accept()
            server = socket.create_connection(("127.0.0.1", port))
            opened += [client, server]
            threading.Thread(target=_pass_on, args=(client, server, host), daemon=True).start()


def _pass_on(client: socket.socket, server: socket.socket, host: str) -> None:
    """One request of a connection, and whatever follows it where it becomes a websocket."""
    data = b""
    with suppress(OSError):
        while b"\r\n\r\n" not in data and len(data) < MOST:
            data += client.recv(MOST)
        head, rest = data.split(b"\r\n\r\n", 1)
        server.sendall(_rewritten(head, host) + b"\r\n\r\n" + rest)
        threading.Thread(target=_pipe, args=(client, server), daemon=True).start()
        _pipe(server, client)


def _rewritten(head: bytes, host: str) -> bytes:
    """The head without the prefix; with who asked, and by what scheme, as a proxy says it."""
    first, *lines = head.split(b"\r\n")
    method, target, version = first.split(b" ")
    assert target.startswith(PREFIX), "an address outside of the prefix was asked for"
    lines.append(b"X-Forwarded-For: 203.0.113.9, " + host.encode())
    lines.append(b"X-Forwarded-Proto: https")
    if b"upgrade:" not in head.lower():
        lines = [line for line in lines if not line.lower().startswith(b"connection:")]
        lines.append(b"Connection: close")
    return b"\r\n".join([b" ".join([method, target[len(PREFIX) :] or b"/", version]), *lines])


def _pipe(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(MOST):
            to.sendall(data)
    with suppress(OSError):
        to.shutdown(socket.SHUT_WR)
