"""The lab that programs are tried on; what needs no test library may import it."""

from __future__ import annotations

CONFIG = """\
[organisation]
domains = ["example.com"]

[[sources]]
kind = "maildir"
name = "lab"
root = "../lab"
"""
SMALL = ("--mailboxes", "4", "--messages", "4", "--file-copies", "12", "--url-copies", "12")
