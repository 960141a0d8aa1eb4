"""A small mirror with an engine over it, and canaries around: what no query may ever show."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import duckdb

from clawback.core.hunting_tables import EMAIL_EVENTS, TABLES
from clawback.errors import UserError
from clawback.hunting.engine import EngineOptions, MirrorEngine
from clawback.hunting.mirror.mirror import Mirror, ReadableMirror
from clawback.hunting.warm import WarmProcess
from models.hunting import HuntLimits, HuntQuery, HuntResult
from tests.hunting.mirror.made_feed import MadeFeed, made_row

CANARY = "canary-7f3a"
"""Is in every place that no query may read, and in no row of the tables."""

QUICK = HuntLimits(rows=1_000, seconds=5.0, memory_bytes=600_000_000, concurrent=2)
ROWS = 400


class PlantedMirror:
    """A mirror whose readers find one more table beside those that can be asked."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def readable(self) -> ReadableMirror:
        whole = self._mirror.readable()
        planted = f"CREATE TABLE planted AS SELECT '{CANARY}' AS secret"
        return replace(whole, setup_sql=(*whole.setup_sql, planted))

    def lag(self) -> timedelta:
        return self._mirror.lag()

    def refresh(self, patience: timedelta = timedelta(0)) -> timedelta:
        return self._mirror.refresh(patience)


class Endings(logging.Handler):
    """What the log says of each process of a query that ended."""

    def __init__(self) -> None:
        super().__init__()
        self.peaks: list[int] = []
        self.statuses: list[int] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == "query_process_ended":
            self.peaks.append(record.__dict__["peak_bytes"])
            self.statuses.append(record.__dict__["status"])


@dataclass
class Stage:
    """The engine, the folder that holds all files, and what became of the processes."""

    folder: Path
    engine: MirrorEngine
    warm: WarmProcess
    feed: MadeFeed
    endings: Endings = field(default_factory=Endings)

    def ask(self, text: str, limits: HuntLimits = QUICK) -> HuntResult | UserError:
        """The answer or the error."""
        try:
            return self.engine.run(HuntQuery(text), limits)
        except UserError as error:
            return error

    def files(self) -> dict[str, int]:
        """Every file below the folder, with when it was written last."""
        return {
            str(path.relative_to(self.folder)): path.stat().st_mtime_ns
            for path in sorted(self.folder.rglob("*"))
        }


@contextmanager
def open_stage(
    folder: Path, entry: str = "clawback.hunting.zygote:main", rows: int = ROWS
) -> Iterator[Stage]:
    """A stage whose processes are gone afterwards."""
    feed = MadeFeed(page=5_000)
    for table in TABLES:
        for key in range(1, rows + 1):
            feed.put(table, key, made_row(table, key))
    _plant_files(folder)
    warm = WarmProcess(entry)
    mirror = Mirror(folder / "mirror", feed)
    mirror.refresh()
    options = EngineOptions(threads=2)
    engine = MirrorEngine(lambda: PlantedMirror(mirror), options, warm=warm)
    stage = Stage(folder, engine, warm, feed)
    logger = logging.getLogger("clawback.hunting.asking")
    logger.addHandler(stage.endings)
    logger.setLevel(logging.INFO)
    try:
        yield stage
    finally:
        logger.removeHandler(stage.endings)
        engine.close()


def _plant_files(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.csv").write_text(f"secret\n{CANARY}\n")
    (folder / "x.json").write_text(json.dumps([{"secret": CANARY}]))
    (folder / "x.txt").write_text(CANARY)
    with contextlib.closing(sqlite3.connect(folder / "x.db")) as database, database:
        database.execute("CREATE TABLE secrets (secret TEXT)")
        database.execute("INSERT INTO secrets VALUES (?)", (CANARY,))
    with duckdb.connect(str(folder / "x.duckdb")) as connection:
        connection.execute(f"CREATE TABLE secrets AS SELECT '{CANARY}' AS secret")
        connection.execute(f"COPY secrets TO '{folder / 'x.parquet'}'")


def shown(told: HuntResult | UserError) -> str:
    """All that a person gets to see of an answer or an error."""
    if isinstance(told, HuntResult):
        names = [column.name for column in told.columns]
        chart = told.chart and [told.chart.kind, dict(told.chart.properties)]
        return json.dumps([names, told.rows, chart], ensure_ascii=False)
    return f"{told} {told.__dict__}"


def breaches(stage: Stage, told: HuntResult | UserError, before: dict[str, int]) -> list[str]:
    """What an attack achieved; empty if nothing."""
    found = [] if CANARY not in shown(told) else ["showed what is in no table"]
    if stage.files() != before:
        found.append("wrote a file")
    if stage.endings.peaks and stage.endings.peaks[-1] > QUICK.memory_bytes:
        found.append(f"took {stage.endings.peaks[-1] // 1_000_000} MB")
    return found


ONE = EMAIL_EVENTS.name
