"""The floor under extraction: read, fast-mail-parser's lazy tree, lexbor's hrefs and text."""

from __future__ import annotations

from fast_mail_parser import DecodeError, parse_email_tree
from selectolax.lexbor import LexborHTMLParser


def parse_all(paths: list[str]) -> int:
    """Parse the messages at these paths; returns how many. What can't be decoded is passed over."""
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            parts = [parse_email_tree(file.read(), mode="lazy")]
        for part in parts:
            parts += part.children
            if part.content_type.lower() == "text/html":
                try:
                    page = LexborHTMLParser(part.content or b"")
                except DecodeError:
                    continue
                _ = [link.attributes["href"] for link in page.css("[href]")]
                _ = page.body and page.body.text()
    return len(paths)
