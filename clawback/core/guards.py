"""Reasons not to trust an indicator: what is refused at once and what a person has to judge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from clawback.core.platforms import Sharing, sharing_of
from clawback.core.policy import PATH_MATCH
from clawback.core.showing import inert
from clawback.core.trivial import MAX_TRIVIAL_BYTES, is_trivial_hash
from clawback.core.urls import CanonicalUrl, canonical_url, key_chain, refang
from models.indicators import GuardFinding, GuardLevel, Indicator, IndicatorKind, UrlMatch
from models.settings import Settings

_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the index knows of a file or URL.

    Of a file the sizes in bytes and types (`image/png` or `png`); of both, from how many sender
    domains it came. Domains count as unrelated when their names differ: hosts of one company count
    apart, so that a doubt is put to a person rather than missed.
    """

    sizes_bytes: tuple[int, ...] = ()
    types: tuple[str, ...] = ()
    unrelated_senders: int = 0


NO_EVIDENCE = Evidence()


def guard_findings(
    indicator: Indicator, settings: Settings, evidence: Evidence = NO_EVIDENCE
) -> tuple[GuardFinding, ...]:
    """Everything that speaks against removing by this indicator without a person, refusals first."""
    match indicator.kind:
        case IndicatorKind.FILE:
            found = _file_findings(indicator, evidence)
        case IndicatorKind.URL:
            found = _url_findings(indicator, settings)
        case IndicatorKind.SELECTION:
            return ()  # a person picked each message: there is nothing to mistake them for
        case _:
            assert_never(indicator.kind)
    if evidence.unrelated_senders >= settings.many_senders:
        found.append(_many_senders(indicator.kind, evidence.unrelated_senders))
    if is_listed(indicator, settings.allowed_indicators):
        found.append(_approve("allowed", "The indicator is on the list of allowed indicators."))
    return tuple(sorted(found, key=lambda finding: finding.level is not GuardLevel.REFUSE))


def refusal(findings: Sequence[GuardFinding]) -> GuardFinding | None:
    """The first finding that forbids a cluster, or None."""
    return next((found for found in findings if found.level is GuardLevel.REFUSE), None)


def is_listed(indicator: Indicator, entries: Iterable[str]) -> bool:
    """True if a setting's list of hashes, URLs and hosts names the indicator.

    A hash names that file. A URL names itself, and without a query also every query of its path. A
    bare host, also as `https://host/`, names every URL of that host; `*.host` those below it too.
    """
    return any(_names(entry.strip(), indicator) for entry in entries if entry.strip())


def is_host(entry: str) -> bool:
    """True if a setting's entry is a host's name, with or without a leading `*.`."""
    name = entry.strip().lower().removeprefix("*.").rstrip(".")
    found = canonical_url(f"https://{name}/")
    if found is None or found.userinfo or found.path_key != f"{found.host}/":
        return False
    return "." in name or entry.strip().startswith("*.")


def names_something(entry: str) -> bool:
    """True if a setting's entry is a SHA-256, a URL, or a host as `is_listed` reads them."""
    if _SHA256.fullmatch(entry.strip()) or is_host(entry):
        return True
    listed = _listed(entry)
    if listed is None or listed.userinfo:
        return False
    # Without a dot it is a hash of another kind, or a slip.
    return "." in listed.host or listed.host.startswith("[")


def _many_senders(kind: IndicatorKind, senders: int) -> GuardFinding:
    """A question for a person: campaigns from many compromised senders look like what all share."""
    match kind:
        case IndicatorKind.FILE:
            what, harmless = "file", "a logo or a form"
        case IndicatorKind.URL:
            what, harmless = "URL", "a logo, an unsubscribe or a privacy page"
        case IndicatorKind.SELECTION:
            raise ValueError("nobody sent a selection")
        case _:
            assert_never(kind)
    reason = f"The {what} came from {senders:,} unrelated sender domains"
    return _approve(
        "many-senders",
        f"{reason}: {harmless} does, and so does a campaign from many compromised senders.",
    )


def _file_findings(indicator: Indicator, evidence: Evidence) -> list[GuardFinding]:
    found = []
    if is_trivial_hash(indicator.value):
        found.append(
            _refuse("trivial-file", "The file is empty or a few bytes, as is much harmless mail.")
        )
    elif evidence.sizes_bytes and max(evidence.sizes_bytes) <= MAX_TRIVIAL_BYTES:
        size = max(evidence.sizes_bytes)
        reason = f"The file has {size} bytes; files of {MAX_TRIVIAL_BYTES} or fewer never cluster."
        found.append(_refuse("trivial-file", reason))
    if "blank" in evidence.types:
        found.append(_refuse("trivial-file", "The file is blank: white space and zeros alone."))
    if "mso" in evidence.types:
        reason = "Outlook and Word attach such data (oledata.mso) to harmless mail as well."
        found.append(_approve("program-data", reason))
    if image := next((kind for kind in evidence.types if _is_image(kind)), None):
        reason = f"The file is an image ({inert(image, 30)}), such as a logo in signatures."
        found.append(_approve("image", reason))
    return found


def _is_image(kind: str) -> bool:
    # An SVG that can lead somewhere is a usual attachment of phishing; "svg-image" is a drawing alone.
    name = kind.lower().strip().lstrip(".").removeprefix("image/").partition(";")[0]
    is_svg = name.startswith("svg") and name != "svg-image"
    return not is_svg and (kind.lower().strip().startswith("image/") or name in _IMAGE_ENDINGS)


_IMAGE_ENDINGS = frozenset(
    ("png", "jpg", "jpeg", "gif", "bmp", "webp", "ico", "tif", "tiff", "heic", "avif", "emz", "wmf")
) | frozenset(("emf", "psd", "jp2", "jxl", "pcx", "svg-image"))


def _url_findings(indicator: Indicator, settings: Settings) -> list[GuardFinding]:
    found = []
    if is_listed(indicator, settings.simulation_urls):
        found.append(_refuse("simulation", "The URL belongs to a phishing simulation."))
    parts = _url_parts(indicator)
    if parts is None:
        return [*found, _refuse("no-host", "The URL has no usable host.")]
    if indicator.match is UrlMatch.PATH:
        found.append(_approve(PATH_MATCH, "The URL is matched by host and path alone."))
    sharing = sharing_of(parts.host, settings.shared_hosts, settings.unshared_hosts)
    if sharing is not None:
        shared = _bare_host if parts.bare else _shared_path
        found += shared(parts.host, sharing, indicator.match)
    return found


def _bare_host(host: str, sharing: Sharing, match: UrlMatch) -> list[GuardFinding]:
    """A shared host without a path: too much for a host match, a person's question otherwise.

    A tenant's own subdomain (`tenant.github.io`) is one tenant's, so that it may be looked for.
    """
    if match is UrlMatch.PATH and sharing is not Sharing.SUBDOMAIN:
        reason = f"{_shown(host)} is shared by many, and its host alone would match them all."
        return [_refuse("shared-host", f"{reason} Give the whole URL.")]
    reason = f"The URL is a bare host, and {_shown(host)} is shared by many."
    return [_approve("shared-host", reason)]


def _shared_path(host: str, sharing: Sharing, match: UrlMatch) -> list[GuardFinding]:
    """A page of a company that much harmless mail links to, or a path under which many have pages.

    Where each tenant has a host or, with its query, a path of its own, the URL is one tenant's.
    """
    match sharing:
        case Sharing.BRAND:
            reason = (
                f"{_shown(host)} is a company's own host, which harmless mail links to as well."
            )
            return [_approve("brand-host", reason)]
        case Sharing.HOST if match is UrlMatch.PATH:
            reason = f"{_shown(host)} is shared by many, and one path there may serve them all."
            return [_approve("shared-path", reason)]
        case _:
            return []


def _shown(host: str) -> str:
    return inert(host, 60).replace("．", ".").replace(".", "[.]")


@dataclass(frozen=True, slots=True)
class _UrlParts:
    host: str
    bare: bool


def _url_parts(indicator: Indicator) -> _UrlParts | None:
    is_path = indicator.match is UrlMatch.PATH
    found = canonical_url(f"https://{indicator.value}" if is_path else indicator.value)
    if found is None:
        return None
    path = found.path_key.partition("/")[2]
    return _UrlParts(found.host, not path and "?" not in found.url)


def _names(entry: str, indicator: Indicator) -> bool:
    if indicator.kind is not IndicatorKind.URL:
        return indicator.kind is IndicatorKind.FILE and entry.lower() == indicator.value
    parts = _url_parts(indicator)
    if parts is None:
        return False
    if entry.startswith("*."):
        below = entry[2:].lower().strip("./")
        return parts.host == below or parts.host.endswith(f".{below}")
    listed = _listed(entry)
    if listed is None:
        return False
    if "?" in listed.url and indicator.match is UrlMatch.EXACT:
        return listed.url == indicator.value
    if not listed.path_key.partition("/")[2]:
        return listed.host == parts.host
    return listed.path_key == _path_key(indicator)


def _listed(entry: str) -> CanonicalUrl | None:
    """What a setting's entry says, and if it is wrapped, what it wraps, as an indicator does."""
    plain = refang(entry)
    chain = key_chain(plain if "//" in plain else f"https://{plain}")
    return chain[-1] if chain else None


def _path_key(indicator: Indicator) -> str:
    if indicator.match is UrlMatch.PATH:
        return indicator.value
    found = canonical_url(indicator.value)
    return "" if found is None else found.path_key


def _refuse(code: str, reason: str) -> GuardFinding:
    return GuardFinding(GuardLevel.REFUSE, code, reason)


def _approve(code: str, reason: str) -> GuardFinding:
    return GuardFinding(GuardLevel.APPROVE, code, reason)
