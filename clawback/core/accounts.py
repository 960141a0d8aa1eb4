"""Names, passwords and roles of accounts: what is allowed, and what a failed login costs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import timedelta

from clawback.errors import BadInput
from models.actions import AUTOMATION
from models.people import Role

PASSWORD_MIN = 12
"""Characters. NIST SP 800-63B wants 8 of a chosen secret and no rules on what is in it."""

PASSWORD_MAX = 1_000
"""Characters: more than anybody types, and little to hash."""

LABEL_MAX = 100
ORIGIN_MAX = 100

DAYS_DEFAULT = 90
DAYS_MAX = 366

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")

FREE_PER_ACCOUNT = 3
"""Wrong passwords of one account from one origin that cost no time."""

FREE_PER_ORIGIN = 20
"""The same of all accounts from one origin, behind which many people may sit."""

DELAY_MAX = timedelta(minutes=15)


def account_name(text: str) -> str:
    """The name in lower case. Raises `BadInput` for one that no account may have."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise BadInput(
            "an account's name has 1 to 64 characters out of a-z 0-9 . _ @ - "
            "and begins with a letter or a digit"
        )
    if name == AUTOMATION.lower():
        raise BadInput(f"{name} is the name under which Clawback itself decides: take another")
    return name


def prepared_password(text: str) -> str:
    """The password in the one form that is hashed, however a keyboard spelled it.

    OpaqueString of RFC 8265, section 4.2: other spaces become U+0020, then NFC; nothing is cut off
    and case is kept.
    """
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in text)
    return unicodedata.normalize("NFC", spaced)


def new_password(name: str, text: str) -> str:
    """The prepared form of a password that somebody chose. Raises `BadInput` saying what it lacks."""
    password = prepared_password(text)
    if len(password) < PASSWORD_MIN:
        raise BadInput(f"a password has {PASSWORD_MIN} characters or more")
    if len(password) > PASSWORD_MAX:
        raise BadInput(f"a password has {PASSWORD_MAX:,} characters at most")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in password):
        raise BadInput("a password has no control characters, such as tabs and line ends")
    if password.casefold() == name.casefold():
        raise BadInput("the password is the account's name: choose another")
    return password


def checked_roles(roles: Collection[Role]) -> frozenset[Role]:
    """The roles. Raises `BadInput` where there are none."""
    if not roles:
        raise BadInput(f"give at least one role: {', '.join(role.value for role in Role)}")
    return frozenset(roles)


def role_words(roles: Collection[Role]) -> str:
    """The roles in words, in the order in which they are declared; "no role" for none."""
    return ", ".join(role.value for role in Role if role in roles) or "no role"


def checked_label(text: str) -> str:
    """A token's label on one line. Raises `BadInput` for an empty or a long one."""
    label = " ".join(text.split())
    if not 1 <= len(label) <= LABEL_MAX or not label.isprintable():
        raise BadInput(
            f"a token's label says what it is for, in 1 to {LABEL_MAX} printable characters"
        )
    return label


def lifetime(days: int) -> timedelta:
    """How long a token holds. Raises `BadInput` for no day, and for more than a year."""
    if not 1 <= days <= DAYS_MAX:
        raise BadInput(f"a token holds for 1 to {DAYS_MAX} days")
    return timedelta(days=days)


def delay_after(failures: int, free: int) -> timedelta:
    """How long after the so many-th failure in a row the next try is not looked at.

    Nothing for the first `free`, then one second and twice as long with each more, up to DELAY_MAX.
    """
    if failures <= free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - free - 1, 20)), DELAY_MAX)
