"""Addresses to listen at."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from clawback.errors import BadInput, Conflict


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    @property
    def ui_url(self) -> str:
        """The address for people and programs on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}"

    @property
    def api_url(self) -> str:
        """The address of the REST API of Prefect."""
        return f"{self.ui_url}/api"


def claim(host: str, port: int, option: str = "--port") -> Address:
    """The address if nothing listens there yet; port 0 takes a free one.

    Raises `Conflict` for a port in use, `BadInput` for a host that is none of this machine's.
    """
    if not 0 <= port <= 65535:
        raise BadInput(f"{port} is no port: give one of 1 to 65535, or 0 for a free one")
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return Address(host, int(probe.getsockname()[1]))
    except socket.gaierror:
        raise BadInput(f"{host!r} is no address of this machine") from None
    except OSError as error:
        raise Conflict(
            f"port {port} of {host} cannot be used ({error.strerror}): "
            f"stop what listens there, or give another {option} (0 takes a free one)"
        ) from None
