"""Texts as the query language writes them."""

from __future__ import annotations


def kql_string(value: str) -> str:
    """`value` as a string of the query language."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'
