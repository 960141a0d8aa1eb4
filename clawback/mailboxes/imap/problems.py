"""What goes wrong with a server or one of its mailboxes, and what it means for a copy."""

from __future__ import annotations

from clawback.mailboxes.imap.parsing import Status
from models.copies import SourceFault


class MailboxFault(Exception):
    """One mailbox cannot be worked on now."""

    def __init__(self, fault: SourceFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class PutOff(MailboxFault):
    """The server lets nobody in now, for a reason that may pass: too many sessions, or a pause of its own."""

    def __init__(self) -> None:
        super().__init__(SourceFault.UNAVAILABLE)


class ServerFault(Exception):
    """The whole server cannot be used: `code` is a constant, `line` says what to do.

    Where it may pass by itself, `passes`.
    """

    def __init__(self, code: str, line: str, *, passes: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.passes = passes


EXPUNGE_ISSUED = b"EXPUNGEISSUED"
"""The code of a NO where some of the messages asked for are gone; the others were answered (RFC 5530)."""

# RFC 5530 and RFC 9051 section 7.1; what is not named here may pass: it is answered as unavailable.
_FAULTS = {
    b"NOPERM": SourceFault.DENIED,
    b"AUTHENTICATIONFAILED": SourceFault.DENIED,
    b"AUTHORIZATIONFAILED": SourceFault.DENIED,
    b"EXPIRED": SourceFault.DENIED,
    b"PRIVACYREQUIRED": SourceFault.DENIED,
    b"CONTACTADMIN": SourceFault.DENIED,
    b"CANNOT": SourceFault.DENIED,
    b"READ-ONLY": SourceFault.DENIED,
    b"OVERQUOTA": SourceFault.QUOTA,
    b"LIMIT": SourceFault.QUOTA,
    b"NONEXISTENT": SourceFault.GONE,
    b"TRYCREATE": SourceFault.GONE,
    b"CORRUPTION": SourceFault.CORRUPT,
}


def fault_in(status: Status) -> SourceFault:
    """The fault that an answer NO or BAD stands for."""
    return _FAULTS.get(status.code, SourceFault.UNAVAILABLE)
