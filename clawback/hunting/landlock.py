"""Landlock: the kernel keeps this process, and all that it starts, from every file but those named.

It needs no privilege (Linux 5.13, landlock(7)). It holds for the calling thread and the threads and
processes that it starts from then on, so it comes before a library makes threads of its own.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

# The same numbers on every architecture, since all three are younger than the common table.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH = 1  # LANDLOCK_RULE_PATH_BENEATH
_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS

# Bits of `handled_access_fs` by the version of the interface that brought them, <linux/landlock.h>.
_FILE_RIGHTS = ((1, 0x1FFF), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
_READ_FILE, _READ_DIRECTORY = 1 << 2, 1 << 3
_TCP, _TCP_SINCE = 0b11, 4  # bind and connect
_SCOPES, _SCOPES_SINCE = 0b11, 6  # abstract UNIX sockets and signals of others


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def confine_to(readable: Iterable[Path]) -> bool:
    """Whether from now on nothing can be opened but `readable` (files, or directories with all that is
    in them), and those only for reading; False where the kernel does not offer it, and nothing changed.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    if version < 1:
        return False
    rules = _ruleset(libc, version)
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(libc, rules, path)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT_SELF, rules, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(rules)


def _ruleset(libc: ctypes.CDLL, version: int) -> int:
    """A set that denies everything this version knows of."""
    files = sum(bits for since, bits in _FILE_RIGHTS if since <= version)
    asked = _Ruleset(
        files,
        _TCP if version >= _TCP_SINCE else 0,
        _SCOPES if version >= _SCOPES_SINCE else 0,
    )
    # An older kernel refuses a structure that is longer than it knows, unless the rest is zero.
    size = ctypes.c_size_t(ctypes.sizeof(asked))
    return int(libc.syscall(_CREATE_RULESET, ctypes.byref(asked), size, ctypes.c_uint32(0)))


def _allow(libc: ctypes.CDLL, rules: int, path: Path) -> None:
    """A path that is not there, or that cannot be named, stays denied."""
    with suppress(OSError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rights = _READ_FILE | (_READ_DIRECTORY if path.is_dir() else 0)
            rule = _PathBeneath(rights, place)
            libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(rule), ctypes.c_uint32(0))
        finally:
            os.close(place)
