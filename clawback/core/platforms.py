"""Hosts that many unrelated people share: one bad page there says nothing about the rest.

A short list of our own choice: what phishing is known to use, and companies whose pages it links to
as a cover. Where an entry stands in a public list, that list named it; each group says which:

- PSL: the Public Suffix List, section of private domains (publicsuffix.org)
- LOTS: Living Off Trusted Sites (lots-project.com), as a MISP warning list
- MISP: the warning lists `url-shortener`, `link-in-bio`, `public-ipfs-gateways`, `dynamic-dns`
- Tranco: the 10,000 most visited domains (tranco-list.eu)
- own: known from the service itself

An administrator adds hosts by the setting `shared_hosts` and takes some out by `unshared_hosts`.
A host belongs to an entry if it is equal to it or ends in a dot and the entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Sharing(StrEnum):
    """What the tenants of a platform have in common."""

    HOST = "host"  # one host for everyone: only the path tells tenants apart
    SUBDOMAIN = "subdomain"  # each tenant has a host of its own below the entry
    BRAND = "brand"  # a company's own pages, which attackers link to as a cover


_HOST_SHARED = (
    # Link shorteners and click counters: the path is the whole of the identity. MISP, LOTS, Tranco.
    "bit.ly", "bitly.com", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "v.gd", "buff.ly",
    "rebrand.ly", "cutt.ly", "lnkd.in", "t.ly", "tiny.cc", "rb.gy", "s.id", "shorturl.at", "dub.sh",
    "qrco.de", "clck.ru", "u.to", "urlz.fr", "amzn.to", "youtu.be", "fb.me", "aka.ms", "wa.me",
    "m.me", "t.me", "g.co",
    # Pages of links about a person. MISP.
    "linktr.ee", "lnk.bio", "beacons.ai",
    # Documents, forms and surveys. LOTS, Tranco; own: genially.com, script.google.com.
    "docs.google.com", "drive.google.com", "sites.google.com", "script.google.com", "forms.gle",
    "forms.office.com", "sway.office.com", "customervoice.microsoft.com", "canva.com", "notion.so",
    "evernote.com", "airtable.com", "typeform.com", "jotform.com", "surveymonkey.com", "padlet.com",
    "trello.com", "scribd.com", "issuu.com", "slideshare.net", "medium.com", "telegra.ph",
    "docusign.com", "docusign.net", "docsend.com", "adobe.com", "figma.com", "genially.com",
    # File transfer and cloud drives. LOTS, Tranco; own: filemail.com.
    "dropbox.com", "dropboxusercontent.com", "onedrive.live.com", "1drv.ms", "box.com",
    "app.box.com", "wetransfer.com", "we.tl", "mediafire.com", "mega.nz", "icloud.com", "pcloud.com",
    "transfer.sh", "gofile.io", "sendspace.com", "filemail.com",
    # Object storage with the bucket in the path, and gateways to IPFS. LOTS, PSL, MISP.
    "storage.googleapis.com", "storage.cloud.google.com", "s3.amazonaws.com",
    "firebasestorage.googleapis.com", "ipfs.io", "cloudflare-ipfs.com", "gateway.pinata.cloud",
    # Code, pastes, chat attachments, translators and caches of other people's pages. LOTS, Tranco.
    "github.com", "raw.githubusercontent.com", "gist.github.com", "gitlab.com", "bitbucket.org",
    "codesandbox.io", "pastebin.com", "rentry.co", "cdn.discordapp.com", "googleusercontent.com",
    "translate.google.com", "archive.org", "web.archive.org", "cdn.ampproject.org",
    # Redirectors of mail senders and advertising. LOTS, Tranco.
    "googleadservices.com", "doubleclick.net", "list-manage.com", "mailchi.mp", "sendgrid.net",
    "hubspotlinks.com", "mandrillapp.com", "rs6.net", "awstrack.me", "pstmrk.it", "slack-redir.net",
    # Gateways that rewrite every link. Own: from the table of wrappers.
    "safelinks.protection.outlook.com", "safelinks.protection.office365.us", "urldefense.com",
    "urldefense.us", "urldefense.proofpoint.com", "secure-web.cisco.com", "clicktime.symantec.com",
    "linkprotect.cudasvc.com", "protection.sophos.com", "mimecast.com", "mimecastprotect.com",
    "url.avanan.click", "protect.checkpoint.com",
)  # fmt: skip
_SUBDOMAIN_SHARED = (
    # Static sites and apps. PSL; own: surge.sh, loca.lt, gitbook.io.
    "github.io", "gitlab.io", "web.app", "firebaseapp.com", "pages.dev", "workers.dev", "r2.dev",
    "vercel.app", "netlify.app", "herokuapp.com", "onrender.com", "fly.dev", "surge.sh",
    "glitch.me", "repl.co", "replit.app", "appspot.com", "run.app", "azurewebsites.net",
    "azurestaticapps.net", "azureedge.net", "azurefd.net", "azure-api.net", "cloudapp.azure.com",
    "cloudapp.net", "trafficmanager.net", "cloudfront.net", "amplifyapp.com", "elasticbeanstalk.com",
    "trycloudflare.com", "ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "loca.lt",
    "translate.goog", "streamlit.app", "hf.space", "deno.dev", "lovable.app", "bubbleapps.io",
    "csb.app", "gitbook.io", "readthedocs.io", "supabase.co", "dweb.link",
    # Short links with the tenant in the host. Tranco.
    "page.link", "app.link", "onelink.me",
    # Object storage with the tenant in the host. PSL, LOTS.
    "blob.core.windows.net", "web.core.windows.net", "amazonaws.com", "digitaloceanspaces.com",
    "backblazeb2.com", "linodeobjects.com", "wasabisys.com", "oraclecloud.com",
    # Site builders, shops, blogs and names for home servers. PSL, LOTS, MISP, Tranco.
    "sharepoint.com", "weebly.com", "wixsite.com", "wordpress.com", "blogspot.com", "webflow.io",
    "carrd.co", "framer.app", "framer.website", "mystrikingly.com", "tilda.ws", "jimdosite.com",
    "yolasite.com", "altervista.org", "notion.site", "substack.com", "tumblr.com",
    "myshopify.com", "squarespace.com", "godaddysites.com", "square.site", "zendesk.com",
    "atlassian.net", "mybluehost.me", "000webhostapp.com", "dynamics.com", "mktoweb.com",
    "hubspotpagebuilder.com", "hs-sites.com", "duckdns.org", "ddns.net", "hopto.org", "zapto.org",
    "servehttp.com",
)  # fmt: skip
_BRANDS = (
    # Tranco; own: schema.org.
    "google.com", "microsoft.com", "microsoftonline.com", "live.com", "office.com", "outlook.com",
    "windows.net", "apple.com", "amazon.com", "facebook.com", "instagram.com", "linkedin.com",
    "youtube.com", "x.com", "twitter.com", "whatsapp.com", "paypal.com", "wikipedia.org",
    "bing.com", "yahoo.com", "netflix.com", "zoom.us", "slack.com", "salesforce.com", "dhl.com",
    "fedex.com", "ups.com", "w3.org", "schema.org",
    # Fonts, scripts and pictures that pages and mail of all the world are made of: a phishing kit's
    # are the same as a newsletter's. Own.
    "googleapis.com", "gstatic.com", "googletagmanager.com", "google-analytics.com", "ggpht.com",
    "office365.com", "office.net", "msauth.net", "msftauth.net", "azure.com", "aspnetcdn.com",
    "fbcdn.net", "twimg.com", "licdn.com", "gravatar.com", "jquery.com", "jsdelivr.net",
    "unpkg.com", "cloudflare.com", "bootstrapcdn.com", "fontawesome.com", "typekit.net",
    "mailchimp.com", "calendly.com",
)  # fmt: skip

_PLATFORMS: dict[str, Sharing] = {
    **dict.fromkeys(_BRANDS, Sharing.BRAND),
    **dict.fromkeys(_SUBDOMAIN_SHARED, Sharing.SUBDOMAIN),
    **dict.fromkeys(_HOST_SHARED, Sharing.HOST),
}


def sharing_of(
    host: str, further: Iterable[str] = (), unshared: Iterable[str] = ()
) -> Sharing | None:
    """How `host` is shared, or None; the longest entry decides.

    `further` and `unshared` are entries of the settings, with or without a leading `*.`: the first
    count as one host for everyone, the second as nobody else's. Of equal ones `further` wins, then
    `unshared`. An entry for tenants' subdomains makes its own bare host shared by everyone.
    """
    labels = host.lower().rstrip(".").split(".")
    added, taken_out = _entries(further), _entries(unshared)
    for start in range(len(labels)):
        suffix = ".".join(labels[start:])
        if suffix in added:
            return Sharing.HOST
        if suffix in taken_out:
            return None
        found = _PLATFORMS.get(suffix)
        if found is not None:
            return Sharing.HOST if found is Sharing.SUBDOMAIN and start == 0 else found
    return None


def _entries(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(text.strip().lower().removeprefix("*.").strip(".") for text in texts)
