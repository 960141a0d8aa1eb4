"""The column types and short spellings that every table shares.

Closed sets are TEXT that holds the value of the StrEnum, never the member's name. Text that comes
from mail may hold anything: what a database can't keep is replaced, or escaped where it must come
back as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlmodel import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Field,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    SQLModel,
    Text,
    TypeDecorator,
)

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column that is called INTEGER."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPE = "\ue000"  # a private character: no store hands it out in a folder or file name
_ESCAPED = re.compile(f"{_ESCAPE}([0-9a-f]{{4}})")
_TO_ESCAPE = re.compile(f"[\x00\ud800-\udfff{_ESCAPE}]")


class Row(SQLModel):
    """What all tables have in common: one metadata, with names for constraints."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; naive UTC text in SQLite, TIMESTAMPTZ in PostgreSQL."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class HexDigest(TypeDecorator[str]):
    """Lower-case hex in Python, half as many bytes in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        return None if value is None else value.hex()


class HostileText(TypeDecorator[str]):
    """Text from a message; NUL and lone surrogates, which no database keeps, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else storable(value)

    def bind_processor(self, dialect: Any) -> Callable[[str | None], str | None]:
        """The same without the calls in between: every text of every message comes through here."""
        return _storable_or_none


class OpaqueText(TypeDecorator[str]):
    """A store's own name for something, which comes back exactly as it was given.

    File names that are not UTF-8 hold lone surrogates in Python; they are escaped on the way in.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        if value is None or is_plain((value,)):
            return value
        return _TO_ESCAPE.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else unescaped(value)


def unescaped(value: str) -> str:
    """What `OpaqueText` was given, from the text that it wrote."""
    if value.isascii() or _ESCAPE not in value:
        return value
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)


def is_plain(texts: Iterable[str | None]) -> bool:
    """Whether all texts go into any database, and come back, as they are: ASCII without NUL."""
    try:
        joined = "".join(texts)  # type: ignore[arg-type]
    except TypeError:  # one is None
        return False
    return joined.isascii() and "\x00" not in joined


def _storable_or_none(value: str | None) -> str | None:
    return None if value is None else storable(value)


def storable(value: str) -> str:
    """The text with what no database keeps replaced by U+FFFD."""
    if is_plain((value,)):
        return value
    return _UNSTORABLE.sub("\ufffd", value)


def key() -> Any:
    """The row's number."""
    return Field(default=None, sa_column=Column(BigId, primary_key=True))


def link(target: str, *, nullable: bool = False) -> Any:
    """A reference to another table's row."""
    return _field(Column(BigId, ForeignKey(target), nullable=nullable))


def number(about: str = "", *, nullable: bool = False, primary_key: bool = False) -> Any:
    """A whole number."""
    return _field(
        Column(BigId, nullable=nullable, primary_key=primary_key, autoincrement=False), about
    )


def text(about: str = "", *, nullable: bool = False) -> Any:
    """Text, safe to store whatever it holds."""
    return _field(Column(HostileText, nullable=nullable), about)


def opaque(about: str = "", *, nullable: bool = False) -> Any:
    """A folder or handle of a store."""
    return _field(Column(OpaqueText, nullable=nullable), about)


def digest(about: str = "", *, nullable: bool = False, primary_key: bool = False) -> Any:
    """A hash, hex in Python."""
    return _field(Column(HexDigest, nullable=nullable, primary_key=primary_key), about)


def flag(about: str = "") -> Any:
    """Yes or no."""
    return _field(Column(Boolean, nullable=False), about)


def moment(about: str = "", *, nullable: bool = False) -> Any:
    """A time, aware UTC."""
    return _field(Column(UtcDateTime, nullable=nullable), about)


def document(about: str = "", *, nullable: bool = False) -> Any:
    """A JSON value."""
    return _field(Column(JSON, nullable=nullable), about)


def one_of(column: str, members: Iterable[StrEnum]) -> CheckConstraint:
    """A constraint that lets only the values of a closed set into a column."""
    values = ", ".join(f"'{member.value}'" for member in members)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def _field(column: Column[Any], about: str = "") -> Any:
    return Field(default=None, sa_column=column, description=about or None)
