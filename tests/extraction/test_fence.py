"""A reader that crashes, hangs or takes all memory costs its message alone."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest
from made_mail import attached, message, part, text

from clawback.services import extraction, fence
from clawback.services.extraction import Extractor, Raw, timed_extract
from clawback.services.fence import Failed, Fence, Task
from models.limits import Limits
from models.mails import MailFacts, OrganisationProfile

# On a busy machine a second of work may take many: only what hangs for ever is to meet its limit.
LIMITS = Limits(seconds=60.0, memory_bytes=300_000_000)
HANGING = replace(LIMITS, seconds=3.0)
PATIENT_SECONDS = 60.0
OURS = OrganisationProfile()
PLAIN = text("https://plain.example/x")


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def hang() -> None:
    re.match(r"(?:a|a)*b", "a" * 60)  # in C, holding the interpreter's lock


def greed() -> None:
    kept = []
    while True:
        kept.append(bytearray(10_000_000))


DEEDS: dict[bytes, Callable[[], None]] = {b"crash": crash, b"hang": hang, b"greed": greed}
CODES = {"crash": "reader-crashed", "hang": "out-of-time", "greed": "out-of-memory"}


def victim(raw: Raw, profile: OrganisationProfile, limits: Limits) -> MailFacts:
    """`extract` with a reader of documents that does what the document's name says."""
    assert isinstance(raw, bytes)
    if limits.documents:
        for word, deed in DEEDS.items():
            if b"do-" + word in raw:
                deed()
    return timed_extract(raw, profile, limits)


def hopeless(raw: Raw, profile: OrganisationProfile, limits: Limits) -> MailFacts:
    """Breaks over the body as well."""
    return victim(raw, profile, replace(limits, documents=True))


def evil(word: str) -> bytes:
    return attached(b"<html>", "text/html", f"do-{word}.html")


def read(
    *raws: bytes, reader: extraction.Reader = victim, limits: Limits = LIMITS
) -> list[MailFacts]:
    async def run() -> list[MailFacts]:
        with Extractor(OURS, 2, limits=limits, reader=reader) as extractor:
            return await extractor.extract(raws)

    return asyncio.run(run())


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def costs_only_its_message(word: str, reader: extraction.Reader = victim) -> list[str]:
    """What is wrong after a batch with one evil message among good ones; nothing if all is well."""
    good = attached(b"<a href='https://good.example/x'>", "text/html", "a.html")
    before = children()
    limits = HANGING if word == "hang" else LIMITS
    found = read(good, evil(word), good, PLAIN, reader=reader, limits=limits)
    wrong = [] if children() == before else ["a process is left"]
    for facts in (found[0], found[2]):
        if [url.url for url in facts.urls] != ["https://good.example/x"] or facts.problems:
            wrong.append("a good message was not read")
    if [url.url for url in found[3].urls] != ["https://plain.example/x"]:
        wrong.append("a plain message was not read")
    codes = [problem.code for problem in found[1].problems]
    if codes != [CODES[word]]:
        wrong.append(f"the problem is not told: {codes}")
    if found[1].subject != "Invoice" or len(found[1].attachments) != (reader is victim):
        wrong.append("what was seen is lost")
    return wrong


@pytest.mark.parametrize("word", CODES)
def test_a_reader_that_fails_costs_its_message_alone(word: str) -> None:
    assert costs_only_its_message(word) == []


def test_a_message_that_nothing_can_read_is_kept_by_its_header() -> None:
    assert costs_only_its_message("crash", hopeless) == []


def breaks_over_trees(raw: Raw, profile: OrganisationProfile, limits: Limits) -> MailFacts:
    """Breaks over a page as its parser might."""
    if limits.pages and b"<title>bad" in bytes(raw):
        crash()
    return timed_extract(raw, profile, limits)


def test_a_page_that_breaks_its_parser_hides_neither_files_nor_links() -> None:
    page = part('<title>bad</title><a href="https://evil.example/x">go</a>', "text/html")
    extra = 'Content-Disposition: attachment; filename="x.exe"\r\n'
    file = part(b"MZ and more than a few bytes", "a/b", cte="base64", extra=extra)
    (facts,) = read(message(page, file), reader=breaks_over_trees)
    assert [file.size_bytes for file in facts.attachments] == [28]
    assert [fact.url for fact in facts.urls] == ["https://evil.example/x"]
    assert "reader-crashed" in {problem.code for problem in facts.problems}


SLOW_PAGE = part('<title>slow</title><a href="https://evil.example/x">go</a>', "text/html")
EXE = part("MZ", "a/b", extra='Content-Disposition: attachment; filename="x.exe"\r\n')
PADDING = part("x " * 60_000)  # too large to be read in this process


@pytest.mark.parametrize(("code", "after"), [("out-of-time", 1.0), ("reader-crashed", 0.3)])
@pytest.mark.parametrize(("parts", "most"), [([SLOW_PAGE], 2.0), ([SLOW_PAGE, EXE], 2.5)])
def test_a_slow_body_costs_about_twice_the_limit_of_time_in_all(
    parts: list[str], most: float, code: str, after: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed: list[float] = []

    def work(_: Fence, task: Task[Raw, bytes]) -> list[bytes | Failed]:
        """Every attempt that builds trees breaks, the first after that part of its time."""
        taken = task.seconds * (1.0 if allowed else after)
        allowed.append(taken)
        assert isinstance(task.function, partial)
        if task.function.keywords["limits"].pages:
            return [Failed(code, taken)]
        return [task.function(raw) for raw in task.items]

    monkeypatch.setattr(Fence, "work", work)
    (facts,) = read(message(*parts, PADDING), reader=timed_extract)
    assert [fact.url for fact in facts.urls] == ["https://evil.example/x"]
    assert [fact.size_bytes for fact in facts.attachments] == [2] * (EXE in parts)
    assert [problem.code for problem in facts.problems] == [code]
    assert sum(allowed) <= most * LIMITS.seconds


def test_the_check_catches_a_fence_that_does_not_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(self: Extractor, raw: Raw, failed: Failed) -> MailFacts:
        return extraction.extract_head(b"", OURS)

    monkeypatch.setattr(Extractor, "_read_again", give_up)
    assert costs_only_its_message("crash") != []


def test_the_check_catches_a_fence_that_leaves_its_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[fence._Process] = []
    end, kill = fence._Process.end, fence._Process.kill
    monkeypatch.setattr(fence._Process, "end", lambda self: ended.append(self))
    monkeypatch.setattr(fence._Process, "kill", lambda self: None)
    try:
        assert "a process is left" in costs_only_its_message("crash")
    finally:
        for process in ended:
            kill(process)
            end(process)


def test_a_hang_is_ended_by_the_parent_where_the_alarm_does_not_ring(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fence, "GRACE_SECONDS", 0.1)
    before, started = children(), time.monotonic()
    with closing(Fence(LIMITS.memory_bytes)) as pool:
        assert pool.work(Task(deafly_hang, ["x"], 0.3)) == [Failed("out-of-time")]
    assert time.monotonic() - started < 10
    assert children() == before


def deafly_hang(_: str) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    hang()


def test_answers_before_and_after_a_failure_keep_their_order() -> None:
    with closing(Fence(LIMITS.memory_bytes)) as pool:
        answers = pool.work(Task(number_or_crash, [1, 0, 2, 0, 3], PATIENT_SECONDS))
    assert answers == [1, Failed("reader-crashed"), 2, Failed("reader-crashed"), 3]


def number_or_crash(number: int) -> int:
    if number == 0:
        crash()
    return number


def test_a_process_that_took_much_memory_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One that says late what it holds is not used again either.
    monkeypatch.setattr(fence, "GRACE_SECONDS", PATIENT_SECONDS)
    with closing(Fence(LIMITS.memory_bytes)) as pool:
        (first,) = pool.work(Task(own_pid, [0], PATIENT_SECONDS))
        (again,) = pool.work(Task(own_pid, [200_000_000], PATIENT_SECONDS))
        (other,) = pool.work(Task(own_pid, [0], PATIENT_SECONDS))
    assert first == again != other


def own_pid(size_bytes: int) -> int:
    bytearray(b"x") * size_bytes
    return os.getpid()


ORPHANS = """
import os, signal, sys
sys.path[:0] = {path!r}
from threading import Thread
from test_fence import hang_or_pid
from clawback.services.fence import Fence, Task
fence = Fence(300_000_000)
pids = fence.work(Task(hang_or_pid, ["pid"], 9.0))
other = Thread(target=lambda: pids.extend(fence.work(Task(hang_or_pid, ["pid", "hang"], 2.0))))
other.start()
print(*pids, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def hang_or_pid(word: str) -> int:
    if word == "hang":
        hang()
    return os.getpid()


@pytest.mark.parametrize("word", ["idle", "busy"])
def test_no_process_outlives_a_parent_that_is_killed(word: str) -> None:
    code = ORPHANS.format(path=[*sys.path, str(Path(__file__).parent)])
    if word == "idle":
        code = code.replace("other.start()", "")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr
    (pid,) = map(int, run.stdout.split())
    deadline = time.monotonic() + 15
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the process is left"
        time.sleep(0.05)


def test_a_program_that_can_not_start_processes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with closing(Fence(LIMITS.memory_bytes)) as pool, pytest.raises(fence.Unavailable):
        pool.work(Task(own_pid, [0], 5.0))
