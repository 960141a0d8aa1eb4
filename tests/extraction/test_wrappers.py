"""Every known wrapper opens to what it carries, and both keys are kept."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

import pytest

from clawback.core.urls import MAX_WRAPPERS, key_chain
from clawback.core.wrappers import WRAPPERS

TARGET = "https://evil.example/a-b_c/Login?id=7&to=x"
_Q = quote(TARGET, safe="")
_V2 = _Q.replace("-", "%2D").replace("_", "%5F").replace("%2F", "_").replace("%", "-")
_B64 = base64.urlsafe_b64encode(TARGET.encode()).decode().rstrip("=")

OPENED = {
    "safe links": f"https://eur01.safelinks.protection.outlook.com/?url={_Q}&data=05%7C01&reserved=0",
    "safe links us": f"https://gcc.safelinks.protection.office365.us/?url={_Q}&data=1",
    "safe links in html": f"https://nam12.safelinks.protection.outlook.com/?url={_Q}&amp;data=1",
    "teams": "https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html"
    f"?url={_Q}",
    "azure": f"https://nam.safelink.emails.azure.net/redirect/?destination={_Q}&p=1",
    "proofpoint 1": f"https://urldefense.proofpoint.com/v1/url?u={_Q}&k=abc",
    "proofpoint 2": f"https://urldefense.proofpoint.com/v2/url?u={_V2}&d=DwMF&c=x",
    "proofpoint 3": f"https://urldefense.com/v3/__{TARGET}__;!!abc!def$",
    "clicktime": f"https://clicktime.symantec.com/15tS?h=abc&u={_Q}",
    "barracuda": f"https://linkprotect.cudasvc.com/url?a={_Q}&c=E,1,x",
    "cisco": f"https://secure-web.cisco.com/1abcDEF-_g/{_Q}",
    "sophos": f"https://eu-west-1.protection.sophos.com/?d=evil.example&u={_B64}&i=1",
    "mimecast": f"https://protect-eu.mimecast.com/s/abc?url={_Q}",
    "trend micro": f"https://imsva91-ctp.trendmicro.com/wis/clicktime/v1/query?url={_Q}&umid=1",
    "fireeye": f"https://protect2.fireeye.com/v1/url?k=1&q=1&e=2&u={_Q}",
    "checkpoint": "https://protect.checkpoint.com/v2/___https://evil.example/x___.YXAx",
    "google url": f"https://www.google.co.uk/url?sa=t&q={_Q}&usg=A",
    "google amp": "https://www.google.com/amp/s/evil.example/x",
    "google translate": f"https://translate.google.com/translate?sl=auto&u={_Q}",
    "google translate proxy": "https://evil--site-example.translate.goog/x?a=1&_x_tr_sl=auto",
    "google ads": f"https://www.googleadservices.com/pagead/aclk?sa=L&adurl={_Q}",
    "google ads, unescaped": f"https://www.googleadservices.com/pagead/aclk?sa=L&adurl={TARGET}",
    "google aclk": f"https://www.google.com/aclk?sa=l&adurl={_Q}",
    "doubleclick": f"https://adclick.g.doubleclick.net/pcs/click?xai=A&adurl={_Q}",
    "doubleclick ddm": f"https://ad.doubleclick.net/ddm/trackclk/N1;dc_trk=1?{TARGET}",
    "google notifications": f"https://notifications.google.com/g/p/x?url={_Q}",
    "bing": f"https://www.bing.com/ck/a?!&&p=0abc&u=a1{_B64}&ntb=1",
    "facebook": f"https://l.facebook.com/l.php?u={_Q}&h=AT0",
    "instagram": f"https://l.instagram.com/?u={_Q}&e=AT",
    "youtube": f"https://www.youtube.com/redirect?event=x&q={_Q}",
    "linkedin": f"https://www.linkedin.com/redir/redirect?url={_Q}&urlhash=x",
    "vk": f"https://vk.com/away.php?to={_Q}",
    "postmark": "https://click.pstmrk.it/2s/evil.example%2Fx%3Fid%3D7/abc/AQ/1/def",
    "slack": f"https://slack-redir.net/link?url={_Q}",
    "aws": f"https://abc.r.us-east-1.awstrack.me/L0/{quote(TARGET, safe=':')}/1/0100-x/y=1",
    "yahoo": f"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU={_Q}/RK=2/RS=x",
    "duckduckgo": f"https://duckduckgo.com/l/?uddg={_Q}&rut=1",
    "steam": f"https://steamcommunity.com/linkfilter/?u={_Q}",
}
ELSEWHERE = {
    "checkpoint": "https://evil.example/x",
    "google amp": "https://evil.example/x",
    "google translate proxy": "https://evil-site.example/x?a=1",
    "postmark": "https://evil.example/x?id=7",
}


@pytest.mark.parametrize("name", OPENED)
def test_a_wrapper_opens_to_its_target_and_both_keys_are_kept(name: str) -> None:
    chain = [found.url for found in key_chain(OPENED[name])]
    assert chain[1:] == [ELSEWHERE.get(name, TARGET)]
    assert chain[0].startswith("https://")


def test_every_line_of_the_table_has_its_example() -> None:
    hosts = [key_chain(raw)[0].host for raw in OPENED.values()]
    for pattern, _, _ in WRAPPERS:
        assert any(re.fullmatch(pattern, host) for host in hosts), pattern


def test_proofpoint_3_puts_back_single_characters_and_runs() -> None:
    replaced = base64.urlsafe_b64encode("+é&==".encode()).decode().rstrip("=")
    raw = f"https://urldefense.com/v3/__https:/evil.example/?q=a*b*c**B41__;{replaced}!!x!y$"
    assert key_chain(raw)[-1].url == "https://evil.example/?q=a+b%C3%A9c&==41"


@pytest.mark.parametrize("path", ["//url", "%75rl", "/url/", "URL"])
def test_a_wrapper_is_known_however_its_path_is_spelled(path: str) -> None:
    raw = f"https://WWW.Google.com/{path}?x=1&%71={_Q}"
    assert key_chain(raw)[-1].url == TARGET


def test_nested_wrappers_open_one_after_the_other() -> None:
    inner = f"https://urldefense.com/v3/__{TARGET}__;!!a!b$"
    clicktime = f"https://clicktime.symantec.com/x?u={quote(inner, safe='')}"
    outer = f"https://eur01.safelinks.protection.outlook.com/?url={quote(clicktime, safe='')}"
    hosts = [found.host for found in key_chain(outer)]
    assert hosts == [
        "eur01.safelinks.protection.outlook.com",
        "clicktime.symantec.com",
        "urldefense.com",
        "evil.example",
    ]


def test_wrappers_are_opened_no_deeper_than_the_limit() -> None:
    raw = TARGET
    for level in range(MAX_WRAPPERS + 3):
        raw = f"https://www.google.com/url?n={level}&q={quote(raw, safe='')}"
    assert len(key_chain(raw)) == MAX_WRAPPERS + 1


@pytest.mark.parametrize(
    "raw",
    [
        "https://www.google.com/search?q=https://evil.example",
        "https://t.co/abc",
        "https://notgoogle.com/url?q=https://evil.example/",
        "https://www.google.com.evil.example/url?q=https://other.example/",
        "https://vk.com/id1?to=https://evil.example",
        "https://eur01.safelinks.protection.outlook.com/?url=not-a-link",
        "https://www.bing.com/ck/a?u=a1%%%",
        "https://urldefense.com/v3/__nothing",
    ],
)
def test_what_is_no_wrapper_or_carries_nothing_stays_as_it_is(raw: str) -> None:
    assert len(key_chain(raw)) == 1
