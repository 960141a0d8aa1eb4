"""The forms in which wrapped links stand in real mail, each made around a target of ours."""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Callable
from urllib.parse import quote

TARGET = "https://evil.example/a-b_c/Login?id=7&to=x"
Form = Callable[[str], str]


def q(target: str) -> str:
    return quote(target, safe="")


def b64(target: str) -> str:
    return base64.urlsafe_b64encode(target.encode()).decode().rstrip("=")


def v2(target: str) -> str:
    escaped = q(target).replace("-", "%2D").replace("_", "%5F")
    return escaped.replace("%2F", "_").replace("%", "-")


def v3(target: str) -> str:
    """Proofpoint's third form: what is not plain stands aside in base64, "%" too."""
    runs = re.findall(r"[^A-Za-z0-9:/?&=_.-]+", target)
    kept = re.sub(
        r"[^A-Za-z0-9:/?&=_.-]+",
        lambda run: "*" if len(run[0]) == 1 else f"**{string.ascii_uppercase[len(run[0]) - 2]}",
        target,
    )
    return f"__{kept}__;{b64(''.join(runs))}!!abc!d-_f$"


def bare(target: str) -> str:
    return target.removeprefix("https://")


_SAFE_LINK_HOSTS = (
    "eur01.safelinks.protection.outlook.com",
    "nam12.safelinks.protection.outlook.com",
    "gcc02.safelinks.protection.outlook.com",
    "safelinks.protection.outlook.com",
    "usg01.safelinks.protection.office365.us",
    "safelinks.protection.office365.us",
    "dod.safelinks.protection.apps.mil",
    "chn01.safelinks.protection.outlook.cn",
    "can01.safelinks.protection.partner.outlook.cn",
)

# Every line of the table has at least one form here. Those that take any target are below.
OPENED: dict[str, Form] = {
    **{
        f"safe links at {host}": lambda t, host=host: (  # type: ignore[misc]
            f"https://{host}/?url={q(t)}&data=05%7C01%7C%7C0&sdata=abc%3D&reserved=0"
        )
        for host in _SAFE_LINK_HOSTS
    },
    "safe links, entities left": lambda t: (
        f"https://nam12.safelinks.protection.outlook.com/?url={q(t)}&amp;data=1&amp;reserved=0"
    ),
    "safe links, in an Office app": lambda t: (
        f"https://nam02.safelinks.protection.outlook.com/ap/w-59584e83/?url={q(t)}&data=05"
    ),
    "safe links, url not first": lambda t: (
        f"https://nam02.safelinks.protection.outlook.com/?data=05&amp;URL={q(t)}"
    ),
    "safe links in Teams": lambda t: (
        "https://statics.teams.cdn.office.net/evergreen-assets/safelinks/2/atp-safelinks.html"
        f"?url={q(t)}&locale=en-us&dest={q('https://teams.microsoft.com/api/')}"
    ),
    "azure": lambda t: f"https://nam.safelink.emails.azure.net/redirect/?destination={q(t)}&p=1",
    "azure mail": lambda t: f"https://emails.azure.microsoft.com/redirect/?destination={q(t)}&p=b",
    "proofpoint 1": lambda t: f"https://urldefense.proofpoint.com/v1/url?u={q(t)}&k=a%0A&r=b",
    "proofpoint 2": lambda t: f"https://urldefense.proofpoint.com/v2/url?u={v2(t)}&d=DwMF&c=x&e=",
    "proofpoint 2 us": lambda t: f"https://urldefense.us/v2/url?u={v2(t)}&d=DwIGaQ&c=v4",
    "proofpoint 3": lambda t: f"https://urldefense.com/v3/{v3(t)}",
    "proofpoint 3 us": lambda t: f"https://urldefense.us/v3/{v3(t)}",
    "proofpoint 3 at proofpoint": lambda t: f"https://urldefense.proofpoint.us/v3/{v3(t)}",
    "proofpoint 3, one slash": lambda t: f"https://urldefense.com/v3/{v3(t.replace('//', '/', 1))}",
    "clicktime": lambda t: f"https://clicktime.symantec.com/38YrYPLxx?u={q(t)}",
    "clicktime with its hash": lambda t: f"https://clicktime.symantec.com/15tS?h=ab_c=&u={q(t)}",
    "clicktime, older": lambda t: f"https://clicktime.symantec.com/a/1/e-k=?d=wU-ox&u={q(t)}",
    "clicktime at the cloud": lambda t: (
        f"https://clicktime.cloud.postoffice.net/clicktime.php?U={q(t)}&E=a%40b.example"
    ),
    "barracuda": lambda t: f"https://linkprotect.cudasvc.com/url?a={q(t)}&c=E,1,x,,&typo=1",
    "barracuda, regional": lambda t: f"https://eu.linkprotect.cudasvc.com/url?a={q(t)}&c=E,1,x",
    "cisco": lambda t: f"https://secure-web.cisco.com/1abcDEF-_g/{q(t)}",
    "sophos": lambda t: (
        f"https://eu-central-1.protection.sophos.com/?d=evil.example&u={b64(t)}==&i=NjJk&t=OGE0"
    ),
    "mimecast": lambda t: f"https://protect-eu.mimecast.com/s/abc?url={q(t)}",
    "trend micro": lambda t: (
        f"https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url={q(t)}&umid=3D&auth=0"
    ),
    "fireeye": lambda t: f"https://protect2.fireeye.com/v1/url?k=00b-5f&q=1&e=22-9d&u={q(t)}",
    "fireeye, regional": lambda t: f"https://protect-eu.fireeye.com/url?k=0-1&u={q(t)}",
    "checkpoint": lambda t: f"https://protect.checkpoint.com/v2/___{t}___.YzJ1OndlOmM6bzo0",
    "checkpoint, regional": lambda t: f"https://protect.checkpoint.com/v2/r01/___{t}___.YzJ1Ong",
    "checkpoint, escaped": lambda t: f"https://protect.checkpoint.com/v2/r02/___{q(t)}___.YzJ1",
    "avanan": lambda t: f"https://url.avanan.click/v2/___{t.replace('//', '/', 1)}___.YXAzOnNh",
    "trustwave": lambda t: f"https://scanmail.trustwave.com/?c=20988&d=i-GP5&u={q(t)}",
    "edgepilot": lambda t: f"https://link.edgepilot.com/s/4239f747/ca21?u={q(t)}",
    "esva": lambda t: f"https://urlsand.esvalabs.com/?u={q(t)}&e=1",
    "google url": lambda t: f"https://www.google.co.uk/url?sa=t&q={q(t)}&usg=A",
    "google url by url": lambda t: f"https://www.google.com/url?sa=t&url={q(t)}&usg=AOv",
    "google url with words": lambda t: f"https://maps.google.com/url?q=two+words&url={q(t)}",
    "gmail's safe redirect": lambda t: (
        f"https://www.google.com/url?q={q(t)}&source=gmail&ust=1700000000000000&usg=AOvVaw0"
    ),
    "google images": lambda t: f"https://www.google.com/imgres?q=a+cat&imgrefurl={q(t)}&docid=a",
    "google amp": lambda t: f"https://www.google.com/amp/s/{bare(t)}",
    "google amp, escaped": lambda t: f"https://www.google.de/amp/s/{q(bare(t))}",
    "google amp, its own pairs": lambda t: (
        f"https://www.google.com/amp/s/{bare(t)}&amp_gsa=1&amp_js_v=a9&usqp=mq331A%3D"
    ),
    "amp cache": lambda t: f"https://evil-example.cdn.ampproject.org/c/s/{bare(t)}",
    "amp viewer": lambda t: f"https://cdn.ampproject.org/v/s/{bare(t)}&amp_js_v=0.1",
    "google translate": lambda t: f"https://translate.google.com/translate?sl=auto&u={q(t)}",
    "google translate's page": lambda t: (
        f"https://translate.googleusercontent.com/translate_c?depth=1&u={q(t)}&usg=ALk"
    ),
    "google translate's proxy": lambda t: (
        f"https://evil-example.translate.goog/{bare(t).partition('/')[2]}"
        "&_x_tr_sl=auto&_x_tr_tl=en&_x_tr_hl=en&_x_tr_pto=wapp"
    ),
    "google ads": lambda t: f"https://www.googleadservices.com/pagead/aclk?sa=L&adurl={q(t)}",
    "google ads, unescaped": lambda t: (
        f"https://www.googleadservices.com/pagead/aclk?ai=C&adurl={t}"
    ),
    "google aclk": lambda t: f"https://www.google.com/aclk?sa=l&adurl={q(t)}&rct=j",
    "google travel": lambda t: f"https://www.google.com/travel/clk?pc=AA80&pcurl={q(t)}",
    "google meet": lambda t: f"https://meet.google.com/linkredirect?authuser=0&dest={q(t)}",
    "google notifications": lambda t: f"https://notifications.google.com/g/p/x?url={q(t)}",
    "google's viewer": lambda t: f"https://docs.google.com/viewer?embedded=true&url={q(t)}",
    "google's viewer, short": lambda t: f"https://docs.google.com/gview?url={q(t)}",
    "google drive's viewer": lambda t: f"https://drive.google.com/viewerng/viewer?url={q(t)}",
    "doubleclick": lambda t: f"https://adclick.g.doubleclick.net/pcs/click?xai=A&adurl={q(t)}",
    "doubleclick ddm": lambda t: f"https://ad.doubleclick.net/ddm/trackclk/N1;dc_trk=1?{t}",
    "bing": lambda t: f"https://www.bing.com/ck/a?!&&p=0abc&ptn=3&hsh=4&u=a1{b64(t)}&ntb=1",
    "facebook": lambda t: f"https://l.facebook.com/l.php?u={q(t)}&h=AT0&s=1",
    "facebook, mobile": lambda t: f"https://lm.facebook.com/l.php?u={q(t)}&h=AT0",
    "instagram": lambda t: f"https://l.instagram.com/?u={q(t)}&e=AT",
    "messenger": lambda t: f"https://l.messenger.com/l.php?u={q(t)}&h=AT",
    "whatsapp": lambda t: f"https://l.wl.co/l?u={q(t)}",
    "youtube": lambda t: f"https://www.youtube.com/redirect?event=x&redir_token=Q&q={q(t)}&v=1",
    "linkedin": lambda t: f"https://www.linkedin.com/redir/redirect?url={q(t)}&urlhash=x&trk=y",
    "linkedin's warning": lambda t: f"https://www.linkedin.com/safety/go?url={q(t)}&trk=x",
    "vk": lambda t: f"https://vk.com/away.php?to={q(t)}&cc_key=",
    "vk, mobile": lambda t: f"https://m.vk.com/away?to={q(t)}",
    "postmark 2": lambda t: f"https://click.pstmrk.it/2s/{q(bare(t))}/abc/AQ/1/def",
    "postmark 3": lambda t: f"https://click.pstmrk.it/3s/{q(bare(t))}/I54/omO0AQ/AQ/fc49-66/5/iK",
    "slack": lambda t: f"https://slack-redir.net/link?url={q(t)}&v=3",
    "aws": lambda t: f"https://abc.r.us-east-1.awstrack.me/L0/{quote(t, safe=':')}/1/0100-x/y=1",
    "office's viewer": lambda t: f"https://view.officeapps.live.com/op/view.aspx?src={q(t)}&w=1",
    "yahoo": lambda t: f"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU={q(t)}/RK=2/RS=x",
    "duckduckgo": lambda t: f"https://duckduckgo.com/l/?uddg={q(t)}&rut=1",
    "steam": lambda t: f"https://steamcommunity.com/linkfilter/?u={q(t)}",
    "tumblr": lambda t: f"https://t.umblr.com/redirect?z={q(t)}&t=abc",
    "reddit": lambda t: f"https://out.reddit.com/t3_a?url={q(t)}&token=A",
    "href.li": lambda t: f"https://href.li/?{t}",
}

# They hold a host and path without a scheme, so that a target which is no web link has no form.
SCHEMELESS = frozenset(
    name for name in OPENED if name.startswith(("google amp", "amp ", "postmark"))
) | {"google translate's proxy"}

# A page of one site, so that the target is not ours to choose.
YOUTUBE_PAGE = "https://www.youtube.com/attribution_link?a=J&u=%2Fwatch%3Fv%3DxYz%26feature%3Dshare"

# Nothing in these says where they lead: they stay as they are.
OPAQUE = (
    "https://t.co/FtmkTPhj5b",
    "https://bit.ly/48Q8bWj",
    "https://lnkd.in/e4Abc-9",
    "https://www.linkedin.com/slink?code=abc",
    "https://notifications.google.com/g/p/ANiao5oLYG3vpxom3psVcDBZivUyRUumHdK51KdVUvDi3L",
    "https://url.uk.m.mimecastprotect.com/s/YP9XCWQRPfDXo1NIKijuVb2y7?domain=evil.example",
    "https://protect-us.mimecast.com/s/abc",
    "https://secure-web.cisco.com/1abcDEF",
    "https://clicktime.symantec.com/a/1/e-k=?d=wUoxAvRabIhx8Kg",
    "https://u1.ct.sendgrid.net/ls/click?upn=u001.HIVfGxvP6w-2Fsl",
)
