"""What is wrong in the sources of clawback.toml is said by key, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawback.config import load_config
from clawback.errors import SetupError

IMAP = 'kind = "imap"\nname = "office"\nhost = "mail.example.com"\nsecret_env = "SECRET"\n'
GRAPH = 'kind = "graph"\nname = "cloud"\n'


def load(home: Path, source: str) -> str:
    """What the error says after the file's name; empty if there is none."""
    (home / "clawback.toml").write_text(f"[[sources]]\n{source}", encoding="utf-8")
    try:
        load_config({"CLAWBACK_HOME": str(home)})
    except SetupError as error:
        return str(error).removeprefix(f"{home / 'clawback.toml'}: ")
    return ""


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (IMAP, ""),
        (GRAPH + 'credential = "token"\n', ""),
        (IMAP + "folderz = 1\n", "sources.0.imap.folderz: there is no such key: see docs/"),
        ('kind = "imap"\nname = "office"\n', "sources.0.imap.host: this key is needed"),
        (
            IMAP + 'security = "none"\n',
            'sources.0.imap: security = "none" is for this machine only',
        ),
        (IMAP + 'users = ["a@example.com"]\nusers_file = "u"\n', "sources.0.imap: give users or"),
        (IMAP + 'credentials_file = "c"\n', "sources.0.imap: give secret_env or secret_file"),
        (GRAPH, 'sources.0.graph: credential = "secret" needs tenant_id and client_id'),
        (
            GRAPH + 'credential = "token"\nbase_url = "http://elsewhere.example/v1.0"\n',
            "sources.0.graph: base_url without TLS is for this machine only",
        ),
    ],
)
def test_a_fault_in_a_source_is_named_by_its_key(tmp_path: Path, source: str, says: str) -> None:
    said = load(tmp_path, source)
    assert said.startswith(says)
    assert bool(said) is bool(says)
    assert "Value error" not in said
    assert "\n" not in said
