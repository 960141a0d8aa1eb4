"""SQL macros that translated queries call; a connection installs them once, before it is locked."""

from __future__ import annotations

from clawback.hunting.kql.additions import MACROS

__all__ = ["MACROS"]
