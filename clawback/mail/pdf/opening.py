"""A PDF opened by qpdf, with its limits set for hostile files and the passwords that a mail offers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from clawback.mail.limits import Budget
from clawback.mail.passwords import Passwords

if TYPE_CHECKING:
    from pikepdf import Pdf

PDF_PASSWORD = "pdf:password"
"""`opened_from` of what only a password that is not empty revealed."""

_MAX_STREAM_BYTES = 64_000_000  # what qpdf may unpack of one stream by itself
_MAX_ITEMS = 1_000_000  # of one array or dictionary
_MAX_WARNINGS = 10_000


class Locked(Exception):
    """None of the passwords opens the file."""


@dataclass(frozen=True, slots=True)
class OpenPdf:
    """An open file, and the password that opened it ("" for nearly all)."""

    pdf: Pdf
    password: str

    @property
    def mark(self) -> str | None:
        """The mark of what is found in it."""
        return PDF_PASSWORD if self.password else None


@cache
def library() -> ModuleType:
    """pikepdf, loaded only where there is a PDF: 70 ms that plain mail does not pay."""
    import pikepdf
    from pikepdf import settings

    settings.set_qpdf_limits(
        doc_max_warnings=_MAX_WARNINGS,
        parser_max_container_size=_MAX_ITEMS,
        flate_max_memory=_MAX_STREAM_BYTES,
        run_length_max_memory=_MAX_STREAM_BYTES,
        png_max_memory=_MAX_STREAM_BYTES,
        tiff_max_memory=_MAX_STREAM_BYTES,
        dct_max_memory=_MAX_STREAM_BYTES,
    )
    return pikepdf


def open_pdf(content: bytes, passwords: Passwords, budget: Budget) -> OpenPdf | None:
    """The file, or None if qpdf can't make one of it. Raises `Locked` and `LimitReached`."""
    pikepdf = library()
    for password in _tried(passwords):
        budget.check_time()
        try:
            return OpenPdf(pikepdf.open(io.BytesIO(content), password=password), password)
        except pikepdf.PasswordError:
            continue
        except (pikepdf.PdfError, RuntimeError, ValueError):
            return None
    raise Locked


def _tried(passwords: Passwords) -> Iterator[str]:
    yield ""
    yield from passwords.candidates()
