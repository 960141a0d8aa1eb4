"""What a person or a list wrote, read as an indicator: a file's hash or a URL."""

from __future__ import annotations

import re

from clawback.core.trivial import EMPTY_SHA256, is_trivial_hash
from clawback.core.urls import key_chain, refang
from models.indicators import Indicator, IndicatorKind, UrlMatch

_HEX = re.compile(r"[0-9A-Fa-f]+")
_HASH_PREFIX = re.compile(r"^\s*sha-?256\s*[:=]\s*", re.IGNORECASE)
_OTHER_HASHES = {32: "an MD5", 40: "a SHA-1", 56: "a SHA-224", 96: "a SHA-384", 128: "a SHA-512"}
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")


class BadIndicator(ValueError):
    """The text names no file and no URL; the message is one line that says what to do."""


def parse_indicator(
    text: str, kind: IndicatorKind | None = None, *, match: UrlMatch = UrlMatch.EXACT
) -> Indicator:
    """The indicator that the text names, of the given kind or of the kind that it looks like.

    Raises `BadIndicator` if it names none.
    """
    if not text.strip():
        raise BadIndicator("Nothing was given. Give a SHA-256 (64 hex digits) or a URL.")
    if kind is None:
        looks_hashed = _HEX.fullmatch(_hash_text(text)) is not None
        kind = IndicatorKind.FILE if looks_hashed else IndicatorKind.URL
    if kind is IndicatorKind.SELECTION:
        raise BadIndicator("A selection is looked for nowhere. Give a SHA-256 or a URL.")
    if kind is IndicatorKind.FILE:
        return parse_file_indicator(text)
    return parse_url_indicator(text, match=match)


def parse_file_indicator(text: str) -> Indicator:
    """The file of that SHA-256. Raises `BadIndicator` for other hashes and for trivial files."""
    digest = _hash_text(text)
    if not _HEX.fullmatch(digest):
        raise BadIndicator("This is no hash. Give the file's SHA-256: 64 hex digits.")
    if other := _OTHER_HASHES.get(len(digest)):
        raise BadIndicator(f"This is {other}, and files are indexed by SHA-256. Give the SHA-256.")
    if len(digest) != 64:
        raise BadIndicator(f"A SHA-256 has 64 hex digits; this has {len(digest)}. Copy it again.")
    if is_trivial_hash(digest):
        what = "the empty file" if digest.lower() == EMPTY_SHA256 else "a file of a few blank bytes"
        raise BadIndicator(
            f"This is the SHA-256 of {what}, which much harmless mail carries. "
            "Give the hash of the malicious file itself."
        )
    return Indicator(kind=IndicatorKind.FILE, value=digest.lower(), given=text)


def parse_url_indicator(text: str, *, match: UrlMatch = UrlMatch.EXACT) -> Indicator:
    """The URL that the text names: refanged, canonical, and the innermost if it is wrapped.

    With `match=PATH` a scheme may be left out, since K2 holds none. Raises `BadIndicator`.
    """
    plain = refang(text)
    if not plain:
        raise BadIndicator("Nothing was given. Give a URL such as https://host/path.")
    if match is UrlMatch.PATH and "//" not in plain and not _SCHEME.match(plain):
        plain = f"https://{plain}"
    chain = key_chain(plain)
    if not chain:
        raise BadIndicator(_why_no_url(plain))
    innermost = chain[-1]
    value = innermost.path_key if match is UrlMatch.PATH else innermost.url
    return Indicator(kind=IndicatorKind.URL, value=value, given=text, match=match)


def _hash_text(text: str) -> str:
    return _HASH_PREFIX.sub("", text).strip()


def _why_no_url(plain: str) -> str:
    scheme = plain.partition(":")[0].lower()
    if scheme in ("http", "https", "ftp") or plain.startswith("//"):
        return "This URL has no usable host. Give it as https://host/path."
    if _SCHEME.match(plain) and "//" in plain:
        return "Only http, https and ftp links are indexed. Give such a URL."
    return (
        "This is neither a SHA-256 nor a whole URL. "
        "Give 64 hex digits, or the URL with its scheme: https://host/path."
    )
