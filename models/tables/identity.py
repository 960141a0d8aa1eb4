"""The database's own name."""

from __future__ import annotations

from models.tables.columns import Row, number, text


class IdentityRow(Row, table=True):
    """One row, written when the database is made; a backup that is restored keeps it."""

    __tablename__ = "identity"

    id: int = number(primary_key=True)
    name: str = text("random")
