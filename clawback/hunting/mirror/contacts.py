"""Who wrote to whom first: the oldest copy of each sender in each mailbox, kept up with changes."""

from __future__ import annotations

import duckdb

from clawback.core.hunting_tables import EMAIL_EVENTS, FIRST_CONTACT, TIME
from clawback.hunting.mirror.layout import overlay, replaced

_PAIR = '"RecipientEmailAddress", "SenderFromAddress"'
_OLDEST = f"""min({{'at': "{TIME}", 'key': key}}).key AS key"""
_NAME = EMAIL_EVENTS.name


def mark_first_contacts(connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Find the first contacts of a base that is being made."""
    table = f'{catalog}."{_NAME}"'
    connection.execute(
        f'UPDATE {table} SET "{FIRST_CONTACT}" = true '
        f"WHERE key IN (SELECT {_OLDEST} FROM {table} GROUP BY {_PAIR})"
    )


def renew_first_contacts(
    connection: duckdb.DuckDBPyConnection, *, base: str, old: str, new: str
) -> None:
    """Find the first contacts again of the pairs of sender and mailbox that a delta touches.

    `old` is the catalog of the delta that `new` goes on from, empty for none. A row of the base that
    is the first of its pair no more, or is now, is taken into the new delta.
    """
    before = overlay(EMAIL_EVENTS, f"key, {_PAIR}", has_delta=bool(old), base=base, delta=old)
    now = overlay(EMAIL_EVENTS, "*", has_delta=True, base=base, delta=new)
    keys = f'SELECT key FROM {new}."{replaced(_NAME)}"'
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT {_PAIR} FROM (SELECT {_PAIR} "
        f'FROM ({before}) WHERE key IN ({keys}) UNION ALL SELECT {_PAIR} FROM {new}."{_NAME}")'
    )
    connection.execute(
        f'CREATE OR REPLACE TEMP TABLE candidates AS SELECT key, "{TIME}", "{FIRST_CONTACT}", '
        f"{_PAIR} FROM ({now}) SEMI JOIN touched USING ({_PAIR})"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE turned AS SELECT key, key IN (SELECT {_OLDEST} FROM candidates "
        f'GROUP BY {_PAIR}) AS is_first FROM candidates WHERE "{FIRST_CONTACT}" <> is_first'
    )
    connection.execute(
        f'INSERT INTO {new}."{_NAME}" SELECT kept.* FROM {base}."{_NAME}" AS kept '
        f"SEMI JOIN turned USING (key) WHERE key NOT IN ({keys})"
    )
    connection.execute(
        f'INSERT INTO {new}."{replaced(_NAME)}" SELECT key FROM turned WHERE key NOT IN ({keys})'
    )
    connection.execute(
        f'UPDATE {new}."{_NAME}" AS row SET "{FIRST_CONTACT}" = is_first '
        "FROM turned WHERE turned.key = row.key"
    )
