"""Bench `extract`: it sees every broken extractor, takes any folder of the format, and refuses others."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.extract import measure
from bench.forms import made_forms
from bench.made_corpus import make_corpus
from bench.manifests import Corpus, read_corpus
from bench.results import Result
from bench.screen import show
from clawback.core.urls import key_chain
from clawback.errors import BadInput
from clawback.mail import documents
from clawback.mail.extract import extract
from models.mails import LinkPlace, MailFacts, UrlFact

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    root = tmp_path_factory.mktemp("corpus")
    make_corpus(root)
    return read_corpus(root)


def sound(raws: Sequence[bytes]) -> list[MailFacts]:
    return [extract(raw) for raw in raws]


def figures(result: Result) -> dict[str, float]:
    return {figure.name: figure.value for figure in result.figures}


def test_the_extractor_finds_all_that_generated_mail_hides_and_nothing_else(made: Corpus) -> None:
    result = measure(made, sound, {})
    assert result.is_met
    assert figures(result) | {"url_precision": 0} == {
        "url_recall": 1, "url_precision": 0, "url_precision_but_wrappers": 1, "file_recall": 1,
        "clusters_wrong": 0,
    }  # fmt: skip
    assert result.facts["misses"] == []
    assert all(extra["is_wrapper"] for extra in result.facts["extras"])  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def good(made: Corpus) -> dict[str, float]:
    return figures(measure(made, sound, {}))


def _urls(change: Callable[[UrlFact], UrlFact | None]) -> Callable[[MailFacts], MailFacts]:
    def changed(facts: MailFacts) -> MailFacts:
        kept = (change(url) for url in facts.urls)
        return replace(facts, urls=tuple(url for url in kept if url is not None))

    return changed


BROKEN: dict[str, tuple[Callable[[MailFacts], MailFacts], set[str]]] = {
    "opens no wrapper": (
        _urls(lambda url: None if url.opened_from else url),
        {"url_recall", "url_precision_but_wrappers", "clusters_wrong"},
    ),
    "keeps the raw form as the key": (
        _urls(lambda url: url._replace(url=url.raw)),
        {"url_recall", "url_precision_but_wrappers", "clusters_wrong"},
    ),
    "looks into no file": (
        _urls(lambda url: None if url.location is LinkPlace.ATTACHMENT else url), {"url_recall"},
    ),
    "drops the query": (
        _urls(lambda url: url._replace(url=url.url.partition("?")[0])),
        {"url_recall", "url_precision_but_wrappers", "clusters_wrong"},
    ),
    "sees no file": (
        lambda facts: replace(facts, attachments=()), {"file_recall", "clusters_wrong"},
    ),
    "invents a link": (
        lambda facts: replace(
            facts, urls=(*facts.urls, *_urls(lambda u: u._replace(url="https://x.test/"))(facts).urls)
        ),
        {"url_precision_but_wrappers"},
    ),
    "calls tiny files large": (
        lambda facts: replace(
            facts, attachments=tuple(f._replace(size_bytes=999) for f in facts.attachments)
        ),
        {"clusters_wrong"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_extractor_shows_in_the_figures(
    made: Corpus, good: dict[str, float], name: str
) -> None:
    change, worse = BROKEN[name]
    bad = figures(measure(made, lambda raws: [change(facts) for facts in sound(raws)], {}))
    changed = {key for key in good if key != "url_precision" and bad[key] != good[key]}
    assert changed == worse
    for key in worse:
        assert bad[key] > good[key] if key == "clusters_wrong" else bad[key] < good[key]


@pytest.mark.parametrize("kind", ["pdf", "zip"])
def test_a_reader_that_is_dropped_is_missed_by_name(
    made: Corpus, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tuple(reader for reader in documents.READERS if reader.name != kind)
    assert len(kept) < len(documents.READERS)
    monkeypatch.setattr(documents, "READERS", kept)
    result = measure(made, sound, {})
    assert figures(result)["url_recall"] < 1
    hidden = {"pdf": "pdf", "zip": "package"}[kind]
    assert hidden in {str(miss["path"]).partition(".")[0] for miss in result.facts["misses"]}  # type: ignore[union-attr, attr-defined]


@pytest.mark.parametrize(
    "url", ["https://a.example/", "http://a.example:8080/x?y=1&z=%20*", "https://a.example/__;x"]
)
def test_every_made_form_opens_to_the_link_that_it_was_made_of(url: str) -> None:
    forms = dict(made_forms(url))
    assert {"safe-links", "urldefense-v2", "upper-case", "defanged"} <= set(forms)
    for name, text in forms.items():
        if name != "defanged":
            assert key_chain(text)[-1].url == url, name


def _manifest(root: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    make_corpus(root)
    path = root / "manifest.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    return root


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.pop("messages"), "the manifest must be an object with 'messages'"),
        (lambda m: m.update(messages={}), "messages must be a list"),
        (lambda m: m["messages"][0].pop("path"), "messages[0] must be an object with 'path'"),
        (lambda m: m["messages"][1].update(path="../x"), "messages[1].path names no file"),
        (lambda m: m["messages"][0].update(urls=[{}]), "messages[0].urls[0] must be an object"),
        (lambda m: m["messages"][0].update(urls=[{"key": 7}]), "urls[0].key must be text"),
        (
            lambda m: m["messages"][0].update(attachments=[{"sha256": "x", "size": "y"}]),
            "attachments[0].size must be a number of bytes",
        ),
        (
            lambda m: m["expected_clusters"].update(url=[]),
            "expected_clusters.url must be an object",
        ),
        (
            lambda m: m["expected_clusters"]["file"].update({"ab" * 32: ["none.eml"]}),
            "expected_clusters.file names a message that is not in messages",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_is_one_error_that_says_where(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read_corpus(_manifest(tmp_path, change))
    assert says in str(caught.value)
    assert "docs/benches.md" in str(caught.value)


def test_what_is_no_corpus_ends_with_2_and_a_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "extract", "--json", "--corpus", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "manifest.json cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_in_the_docs_is_a_corpus(tmp_path: Path) -> None:
    docs = (ROOT / "docs" / "benches.md").read_text(encoding="utf-8")
    example = docs.partition("```json\n")[2].partition("```")[0]
    for message in json.loads(example)["messages"]:
        (tmp_path / message["path"]).write_bytes(b"Subject: x\r\n\r\nx")
    (tmp_path / "manifest.json").write_text(example)
    corpus = read_corpus(tmp_path)
    assert corpus.messages[0].urls
    assert corpus.messages[0].files
    assert corpus.clusters.urls
    assert corpus.clusters.paths


def test_links_of_malicious_mail_are_inert_on_a_screen(made: Corpus) -> None:
    hostile = _urls(lambda url: url._replace(url="https://evil.test/[bold]\x1b[31m"))
    result = measure(made, lambda raws: [hostile(facts) for facts in sound(raws)], {})
    out = io.StringIO()
    show(Console(file=out, width=200), result)
    assert "evil.test" in out.getvalue()
    for forbidden in ("https://evil", "\x1b", "[bold]"):
        assert forbidden not in out.getvalue()
