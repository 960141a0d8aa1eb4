"""docs/graph-security.md says what is so: its example is the one that the interop tests run."""

from __future__ import annotations

import json
import re
from pathlib import Path

from clawback.api.graph.errors import CODES
from clawback.api.graph.shapes import TYPES
from models.analyzed_emails import EmailField, Operator

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "graph-security.md").read_text(encoding="utf-8")


def test_the_example_is_what_the_interop_tests_run() -> None:
    first, second = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    client = (ROOT / "tests" / "interop" / "security_client.py").read_text(encoding="utf-8")
    assert client.endswith(first)
    assert "await client.security.collaboration.analyzed_emails.get()" in second


def test_every_code_type_field_and_operator_is_on_the_page() -> None:
    for status, code in CODES.items():
        assert status == 415 or f"`{code}` {status}" in PAGE, code
    assert all(f"`{name}`" in PAGE for name in TYPES.values())
    assert all(operator.value in PAGE for operator in Operator)
    names = [part for field in EmailField for part in field.value.split("/")]
    assert all(f"`{name}`" in PAGE for name in names)
    assert set(json.loads(re.findall(r"^```json\n(.*?)^```", PAGE, re.M | re.S)[0])) == {"error"}
