"""The beginning of a link that a script goes on with is no link, and what is put together is one."""

from __future__ import annotations

import base64
import time

import pytest
from made_mail import attached, html

from clawback.mail import scripts
from clawback.mail.extract import extract
from clawback.mail.script_pieces import whole

LINK = "https://evil.example/in?id=7"
CODED = base64.b64encode(LINK.encode()).decode()

UNFINISHED = {
    "a host": "go('https://evil-' + name)",
    "a host and a call": "go('https://evil-' + name() + '.example/')",
    "a host in a page": "write('<a href=\"https://evil-' + name + '\">go</a>')",
    "a host without a scheme": "write('<a href=\"//evil-' + name + '\">go</a>')",
    "a host with www": "go('www.evil' + name)",
    "a host in parentheses": "go(('https://evil-') + name)",
    "a host by concat": "go('https://evil-'.concat(name))",
    "a host in a list": "go(['https://evil-', name, '.example/'].join(''))",
    "a host in a template": "go(`https://evil-${name}.example/`)",
    "a host before a template": "go('https://evil-' + `${name}`)",
    "a host in a variable": "var u = 'https://evil-'; go(u + name)",
    "a host in a property": "var c = {u: 'https://evil-'}; go(c.u + name)",
    "a host in a variable of a template": "let u = 'https://evil-'; go(`${u}${name}.example/`)",
    "a host that grows": "var u = 'https://evil-'; u += name; u += '.example/'; go(u)",
    "escapes": "go('https:\\/\\/evil-' + name)",
    "a known piece and an unknown one": "var a = 'https://ev'; go(a + 'il-' + name)",
    "a known piece that is changed": "var a = 'il'; go('https://ev' + a.big())",
    "a decoded piece": "go(atob('aHR0cHM6Ly9ldmlsLQ==') + name)",
    "a decoded piece in a template": "go(`${atob('aHR0cHM6Ly9ldmlsLQ==')}${name}`)",
    "a path": "go('https://evil.example/i' + name)",
    "a folder": "go('https://evil.example/' + name)",
    "a path in a template": "go(`https://evil.example/${name}/in`)",
    "a value of a query": "go('https://evil.example/in?id=7' + name)",
    "a query that may be longer": "go('https://evil.example/in?' + name)",
}


def _links(script: str) -> dict[str, str | None]:
    facts = extract(html(f"<p>Hello</p><script>{script}</script>"))
    assert not facts.problems
    return {fact.url: fact.opened_from for fact in facts.urls}


@pytest.mark.parametrize("name", UNFINISHED)
@pytest.mark.parametrize("kind", ["body", "file"])
def test_what_a_script_goes_on_with_is_no_link(name: str, kind: str) -> None:
    if kind == "body":
        assert _links(UNFINISHED[name]) == {}
    else:
        assert not extract(attached(UNFINISHED[name].encode(), "text/x", "a.js")).urls


FINISHED = {
    "markup follows": f"write('<a href=\"{LINK}' + '\">go</a>')",
    "markup follows a variable": f"var u = '{LINK}'; write('<a href=\"' + u + '\">' + name)",
    "text follows": f"say('{LINK}' + ' is ' + name)",
    "used as it is before it grows": f"var u = '{LINK}'; go(u); u += name",
    "used as it is besides": f"var u = '{LINK}'; go(u); log(u + name)",
    "an argument": f"f('{LINK}') + name",
    "a list": f"go(['{LINK}', name][0])",
    "a list with gaps": f"go(['{LINK}', name].join(' '))",
    "what stood before is unknown": f"go(name + '{LINK}')",
    "the fragment of the page": f"go('{LINK}' + window.location.hash)",
    "the fragment of the page in a template": f"go(`{LINK}${{location.hash}}`)",
    "the fragment behind a decoded link": f"go(atob('{CODED}') + location.hash)",
    "a fragment": f"go('{LINK}#' + name)",
    "another link of a template": f'write(`<b>${{name}}</b><a href="{LINK}">${{name}}</a>`)',
}


@pytest.mark.parametrize("name", FINISHED)
def test_a_link_that_is_whole_is_found_whatever_stands_beside_it(name: str) -> None:
    assert LINK in _links(FINISHED[name])


def test_a_query_whose_last_value_is_unknown_is_kept_for_its_path() -> None:
    for script in ("go('https://evil.example/in?e=' + x)", "go(`https://evil.example/in?e=${x}`)"):
        assert list(_links(script)) == ["https://evil.example/in?e="]


TEMPLATES = {
    "a constant": "const a = 'evil.example'; go(`https://${a}/in?id=7`)",
    "two constants": "const a = 'evil', b = '/in?id=7'; go(`https://${a}.example${b}`)",
    "a sum": "const a = 'evil'; go(`https://${a + '.example'}/in?id=7`)",
    "a decoded text": "go(`https://${atob('ZXZpbA==')}.example/in?id=7`)",
    "a template in a sum": "const a = 'evil'; go('https://' + `${a}.example/in` + '?id=7')",
    "a template in a variable": "const a = 'evil'; let u = `https://${a}`; go(u + '.example/in?id=7')",
    "a page": "const a = 'evil'; write(`<b>${x}</b><a href=\"https://${a}.example/in?id=7\">`)",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_filled_with_what_is_known(name: str) -> None:
    links = _links(TEMPLATES[name])
    assert list(links) == [LINK]
    assert (links[LINK] or "").startswith("script:")


def test_a_template_s_escaped_sign_puts_nothing_in() -> None:
    assert "evil" not in str(_links("const a = 'evil'; go(`https://\\${a}.example/x`)"))


@pytest.mark.parametrize(
    "script",
    [
        "go(`" + "${a}https://b.example/" * 8_000 + "`)",
        "var u = 'https://b.example/x'; " + "u += f();" * 8_000,
        "var u = '" + "x" * 200_000 + "'; " + "f(u + g());" * 4_000,
        "[" * 20_000 + "'a'" + "].join('')" * 20_000,
        "'x'+" + "window+" * 30_000,
        "'" + "//" * 200_000 + "' + x",
        "`" + "\\$" * 200_000 + "${`",
        "`${" * 15_000,
    ],
)
def test_hostile_scripts_take_time_that_grows_with_their_size(script: str) -> None:
    before = time.process_time()
    list(scripts.pages_in_script(script))
    assert time.process_time() - before < 2.5


def test_without_the_rule_a_piece_would_be_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "without_pieces", lambda script, tokens: script)
    assert _links(UNFINISHED["a folder"]) != {}
    assert whole("https://evil-") == ""
