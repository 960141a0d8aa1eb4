"""Pictures: searched for codes, never shown. Their size is asked for before they are decoded."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from clawback.mail.codes import MIN_SIDE, links_in_pixels
from clawback.mail.found import Found, FoundLink, Unread
from clawback.mail.limits import Budget, LimitReached
from clawback.mail.magic import file_type

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = {
    "png": "PNG",
    "jpeg": "JPEG",
    "gif": "GIF",
    "bmp": "BMP",
    "webp": "WEBP",
    "tiff": "TIFF",
}
IMAGE_LIMITS = frozenset({"too-many-pixels", "too-many-images"})
"""Limits that end the search of one picture, and of nothing that is no picture."""

_MAX_FRAMES = 8  # of an animation: a reader has seconds to hold a phone to it
_CACHED = 1_024


class _Seen:
    """The links of pictures by SHA-256, the latest ones: a logo is in many mails of one sync."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._links: OrderedDict[bytes, tuple[FoundLink, ...]] = OrderedDict()

    def get(self, digest: bytes) -> tuple[FoundLink, ...] | None:
        links = self._links.get(digest)
        if links is not None:
            self._links.move_to_end(digest)
        return links

    def keep(self, digest: bytes, links: tuple[FoundLink, ...]) -> None:
        self._links[digest] = links
        while len(self._links) > self._most:
            self._links.popitem(last=False)


_seen = _Seen(_CACHED)


def is_picture(content: bytes) -> bool:
    """True for a file that starts like a picture that can be searched."""
    return file_type(content) in _FORMATS


def read_picture(content: bytes, budget: Budget, *, kind: str = "") -> Iterator[Found]:
    """The links of the codes in a picture file; those of one seen before without decoding it again.

    `kind` is Pillow's name of the format where the first bytes need not say it. A file that is no
    picture, or more than the limits of images allow, gives an `Unread`. Raises `LimitReached`.
    """
    kind = kind or _FORMATS.get(file_type(content), "")
    if not kind:
        yield Unread("unreadable-image")
        return
    digest = hashlib.sha256(content).digest()
    try:
        yield from remembered(digest, lambda: _decoded(content, kind, budget))
    except LimitReached as reached:
        if reached.code not in IMAGE_LIMITS:
            raise
        yield Unread(reached.code)


def remembered(digest: bytes, finder: Callable[[], Iterator[Found]]) -> Iterator[Found]:
    """What the finder finds, or found when it last read something of that digest to its end."""
    known = _seen.get(digest)
    if known is not None:
        yield from known
        return
    links: list[FoundLink] = []
    whole = True
    for found in finder():
        yield found
        if isinstance(found, FoundLink):
            links.append(found)
        else:
            whole = False
    if whole:
        _seen.keep(digest, tuple(links))


def _decoded(content: bytes, kind: str, budget: Budget) -> Iterator[Found]:
    try:
        with opener().open(io.BytesIO(content), formats=[kind]) as picture:
            for _ in _frames(picture):
                if not is_large_enough(*picture.size):
                    return
                budget.take_image(picture.width * picture.height)
                yield from links_in_picture(picture)
    except (LimitReached, MemoryError):
        raise
    except opener().DecompressionBombError:
        yield Unread("too-many-pixels")  # many times over: Pillow refuses before we can
    except Exception:
        yield Unread(
            "unreadable-image"
        )  # decoders of broken files raise hardly less than everything


@cache
def opener() -> ModuleType:
    """`PIL.Image`, set up once for hostile files: of what is odd in them nobody need be warned."""
    from PIL import Image, ImageFile

    warnings.filterwarnings("ignore", module=r"PIL\.")
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # a mail client shows the part that came, so do we
    return Image


def is_large_enough(width: int, height: int) -> bool:
    """False for spacers, tracking pixels and lines, which have no room for a code."""
    return min(width, height) >= MIN_SIDE


def _frames(picture: Image) -> Iterator[int]:
    for number in range(min(getattr(picture, "n_frames", 1), _MAX_FRAMES)):
        picture.seek(number)
        yield number


def links_in_picture(picture: Image) -> Iterator[FoundLink]:
    """The links of a picture's codes; what is transparent is taken for white, then for black."""
    if not _is_transparent(picture):
        yield from links_in_pixels(picture.convert("L"))
        return
    for background in (255, 0):
        links = list(links_in_pixels(_on(background, picture)))
        yield from links
        if links:
            return


def _is_transparent(picture: Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info


def _on(background: int, picture: Image) -> Image:
    layered = picture.convert("RGBA").convert("LA")
    shown: Image = opener().new("L", picture.size, background)
    shown.paste(layered.getchannel("L"), mask=layered.getchannel("A"))
    return shown
