"""Short texts cannot become endless work: translation itself has bounds that are cheap to check."""

from __future__ import annotations

import time

import pytest
from kql_asking import ask, translated

from clawback.errors import BadQuery
from clawback.hunting.kql import growth


def _doubling(lets: int) -> str:
    lines = ["let v0 = '0123456789';"]
    lines += [f"let v{n} = strcat(v{n - 1}, v{n - 1});" for n in range(1, lets)]
    return "\n".join([*lines, f"print v{lets - 1}"])


def _doubling_functions(count: int) -> str:
    lines = ["let f0 = () { 'x' };"]
    lines += [f"let f{n} = () {{ strcat(f{n - 1}(), f{n - 1}()) }};" for n in range(1, count)]
    return "\n".join([*lines, f"print f{count - 1}()"])


def _doubling_tables(count: int) -> str:
    lines = ["let t0 = EmailEvents | project Subject;"]
    lines += [f"let t{n} = t{n - 1} | union t{n - 1};" for n in range(1, count)]
    return "\n".join([*lines, f"t{count - 1} | count"])


def _nested_calls(depth: int) -> str:
    return f"let f = (x: string) {{ strcat(x, x) }}; print {'f(' * depth}'a'{')' * depth}"


BOMBS = {
    "lets": _doubling(24),
    "functions": _doubling_functions(24),
    "calls": _nested_calls(30),
    "depth": f"print {'(' * 200}1{')' * 200}",
    "words": "print " + " + ".join(["1"] * 5_000),
    "names": "\n".join(f"let a{n} = {n};" for n in range(200)) + "print a1",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_it_costs_anything(bomb: str) -> None:
    begun = time.process_time()
    with pytest.raises(BadQuery) as caught:
        translated(BOMBS[bomb])
    assert time.process_time() - begun < 3
    assert caught.value.line, "the place is shown"


def test_tables_that_double_stay_as_long_as_they_are_written() -> None:
    assert len(translated(_doubling_tables(20)).sql) < 60_000


def test_what_people_write_is_far_below_the_bounds() -> None:
    text = (
        _doubling(5) + ";" + "EmailEvents | where Subject has_any (" + ",".join(["'a'"] * 500) + ")"
    )
    assert translated(text).sql
    assert ask(f"print {'(' * 20}1{')' * 20}")[1] == [(1,)]


def test_the_bound_on_growth_is_what_stops_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same smaller bombs go through once the bound is taken away."""
    bombs = [_doubling(9), _doubling_functions(9), _nested_calls(9)]
    monkeypatch.setattr(growth, "MAX_GROWN_TOKENS", 300)
    for bomb in bombs:
        with pytest.raises(BadQuery, match="grows too long"):
            translated(bomb)
    monkeypatch.setattr(growth, "MAX_GROWN_TOKENS", 10**9)
    assert all(translated(bomb).sql for bomb in bombs)
