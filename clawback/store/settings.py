"""Versioned settings and the stop button: implements `clawback.settings_port.SettingsStore`."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import Connection, func, insert, select

from clawback.core.chaining import PAUSES_TABLE, SETTINGS_TABLE
from clawback.errors import Conflict, SetupError
from clawback.store.as_stored import one_covered
from clawback.store.database import Database
from clawback.store.journal import record
from models.actions import Actor
from models.history import Event
from models.pausing import Pause
from models.settings import Settings
from models.tables.catalog import pauses, settings_versions

# Made once: they are read several times for each batch of an action.
_PRESSED = select(pauses).order_by(pauses.c.id.desc()).limit(1)
_VERSION = select(func.max(settings_versions.c.version))


class SqlSettings:
    """Settings by version; every change has an author and a row in the history."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._latest: tuple[Settings, int] | None = None

    def current(self) -> tuple[Settings, int]:
        """The settings and their version; version 0 is the defaults of a fresh install.

        The version is read each time, its settings once: a version never changes.
        """
        with self._database.read() as connection:
            latest = self._latest
            if latest is None or (connection.execute(_VERSION).scalar() or 0) != latest[1]:
                latest = self._latest = read_settings(connection)
            return latest

    def save(self, settings: Settings, *, based_on: int, actor: Actor, now: datetime) -> int:
        """A new version. Raises `Conflict` where another version came in between."""
        row = {
            "version": based_on + 1,
            "settings": settings.model_dump(mode="json"),
            "author": actor.name,
            "via": actor.via.value,
            "verified": actor.verified,
            "at": now,
        }
        with self._database.write() as connection:
            before, version = read_settings(connection)
            statement = self._database.insert(settings_versions).values(row)
            written = (
                version == based_on
                and connection.execute(
                    statement.on_conflict_do_nothing().returning(settings_versions.c.version)
                ).first()
            )
            if not written:
                raise Conflict(
                    f"the settings changed since version {based_on}: look at them again, then save"
                )
            record(
                connection,
                Event.SETTINGS_CHANGED,
                now,
                by=actor,
                version=based_on + 1,
                row=based_on + 1,
                row_sha256=one_covered(connection, SETTINGS_TABLE, based_on + 1),
                changed=_changed(before, settings),
            )
        return based_on + 1

    def pause(self) -> Pause | None:
        """The latest press of the stop button while it holds, else None."""
        with self._database.read() as connection:
            row = connection.execute(_PRESSED).first()
        if row is None or not row.paused:
            return None
        return Pause(paused=True, reason=row.reason, author=row.author, at=row.at)

    def set_pause(self, pause: Pause, actor: Actor) -> None:
        """Press or release the stop button."""
        event = Event.REMEDIATION_PAUSED if pause.paused else Event.REMEDIATION_RESUMED
        values = {
            "paused": pause.paused,
            "reason": pause.reason,
            "author": pause.author,
            "via": actor.via.value,
            "at": pause.at,
        }
        with self._database.write() as connection:
            statement = insert(pauses).values(values).returning(pauses.c.id)
            number = int(connection.execute(statement).scalar_one())
            record(
                connection,
                event,
                pause.at,
                by=actor,
                reason=pause.reason,
                row=number,
                row_sha256=one_covered(connection, PAUSES_TABLE, number),
            )


def read_settings(connection: Connection, version: int | None = None) -> tuple[Settings, int]:
    """The settings and their version: the highest, or the highest up to the one given."""
    statement = select(settings_versions.c.settings, settings_versions.c.version)
    if version is not None:
        statement = statement.where(settings_versions.c.version <= version)
    row = connection.execute(
        statement.order_by(settings_versions.c.version.desc()).limit(1)
    ).first()
    if row is None:
        return Settings(), 0
    try:
        return Settings.model_validate(row[0]), int(row[1])
    except ValidationError:
        raise SetupError(
            f"version {row[1]} of the settings does not fit this version of Clawback: "
            "install the version that wrote it, or a newer one"
        ) from None


def _changed(before: Settings, after: Settings) -> list[str]:
    old, new = before.model_dump(), after.model_dump()
    return sorted(name for name in new if new[name] != old[name])
