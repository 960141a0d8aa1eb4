"""Operating-system errors as the source faults and errors that leave an adapter."""

from __future__ import annotations

import errno
from typing import assert_never

from clawback.errors import (
    SourceCorrupt,
    SourceDenied,
    SourceError,
    SourceNotHosted,
    SourceUnavailable,
)
from models.copies import SourceFault

# Numbers and meanings: errno(3). What is not named here may pass: it is answered as unavailable.
_FAULTS = {
    errno.ENOENT: SourceFault.GONE,
    errno.EACCES: SourceFault.DENIED,
    errno.EPERM: SourceFault.DENIED,
    errno.EROFS: SourceFault.DENIED,
    errno.ELOOP: SourceFault.DENIED,  # a symbolic link where we follow none
    errno.ENOSPC: SourceFault.DISK_FULL,
    errno.EDQUOT: SourceFault.QUOTA,
    errno.ENOTDIR: SourceFault.CORRUPT,
    errno.EISDIR: SourceFault.CORRUPT,
    errno.ENAMETOOLONG: SourceFault.CORRUPT,
    errno.EXDEV: SourceFault.CORRUPT,  # a folder on another device: no rename leads there
}


def fault_of(error: OSError) -> SourceFault:
    """The fault that stands for an operating-system error."""
    return _FAULTS.get(error.errno or 0, SourceFault.UNAVAILABLE)


def source_error(source: str, fault: SourceFault) -> SourceError:
    """The error that a source raises where a fault hits more than single copies."""
    match fault:
        case SourceFault.DENIED:
            return SourceDenied(source, "permission-denied")
        case SourceFault.CORRUPT | SourceFault.CHANGED:
            return SourceCorrupt(source, fault.value)
        case SourceFault.GONE | SourceFault.UNAVAILABLE | SourceFault.DISK_FULL | SourceFault.QUOTA:
            return SourceUnavailable(source, fault.value)
        case SourceFault.NOT_HOSTED:
            return SourceNotHosted(source, fault.value)
        case never:
            assert_never(never)
