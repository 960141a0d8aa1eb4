"""Imported once by the process that executors are forked from: all that they would import first.

A store and a configuration are opened in an empty home, since wiring imports adapters when it needs
them; nothing stays open.
"""

from __future__ import annotations

import asyncio
import contextlib
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

from clawback.config import load_config
from clawback.wiring import open_app

_ADAPTERS = ("maildir", "imap.source", "graph.source")

with TemporaryDirectory() as _name:
    _store: Any = open_app(load_config({"CLAWBACK_HOME": _name})).store
    _store.close()
for _adapter in _ADAPTERS:
    with contextlib.suppress(ImportError):  # an extra that is not installed
        import_module(f"clawback.mailboxes.{_adapter}")
asyncio.run(asyncio.sleep(0))
import_module("bench.crash.worker")
with contextlib.suppress(ImportError):
    import_module("bench.command")  # what `python -m bench` imports, and each child after it
