"""A MaxMind database of a few networks, written by the published format (version 2.0)."""

from __future__ import annotations

import struct
from ipaddress import ip_network
from pathlib import Path

_MARK = b"\xab\xcd\xefMaxMind.com"
_RECORD_BYTES = 3
_SEPARATOR = bytes(16)


def write_mmdb(path: Path, networks: dict[str, object]) -> None:
    """`networks` are IPv4, as prefixes, and what is known of each."""
    nodes: list[list[int | None]] = [[None, None]]
    data = b""
    leaves: dict[tuple[int, int], int] = {}
    for prefix, record in networks.items():
        network = ip_network(prefix)
        bits = [int(network.network_address) >> (31 - n) & 1 for n in range(network.prefixlen)]
        node = 0
        for bit in bits[:-1]:
            if nodes[node][bit] is None:
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
            node = nodes[node][bit] or 0
        leaves[node, bits[-1]] = len(data)
        data += _encoded(record)
    count = len(nodes)
    tree = b"".join(
        _record(nodes, leaves, node, bit, count) for node in range(count) for bit in (0, 1)
    )
    facts = {
        "node_count": count, "record_size": 24, "ip_version": 4, "database_type": "Made-City",
        "languages": ["en"], "binary_format_major_version": 2, "binary_format_minor_version": 0,
        "build_epoch": 1, "description": {"en": "made"},
    }  # fmt: skip
    path.write_bytes(tree + _SEPARATOR + data + _MARK + _encoded(facts))


def _record(
    nodes: list[list[int | None]],
    leaves: dict[tuple[int, int], int],
    node: int,
    bit: int,
    count: int,
) -> bytes:
    if (node, bit) in leaves:
        value = count + len(_SEPARATOR) + leaves[node, bit]
    else:
        value = nodes[node][bit] or count
    return value.to_bytes(_RECORD_BYTES, "big")


_KINDS = {"node_count": 6, "build_epoch": 9}
"""Of whole numbers: of 32 and of 64 bits; the others have 16."""


def _encoded(value: object, kind: int = 5) -> bytes:
    match value:
        case str():
            raw = value.encode()
            return _head(2, len(raw)) + raw
        case float():
            return _head(3, 8) + struct.pack(">d", value)
        case int():
            raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
            return _head(kind, len(raw)) + raw
        case dict():
            pairs = (
                _encoded(key) + _encoded(each, _KINDS.get(key, 5)) for key, each in value.items()
            )
            return _head(7, len(value)) + b"".join(pairs)
        case list():
            return _head(11, len(value)) + b"".join(map(_encoded, value))
    raise TypeError(type(value))


def _head(kind: int, size: int) -> bytes:
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])
