"""Hosts that many unrelated people share: one bad page there says nothing about the rest.

Written from general knowledge of the services; an administrator adds more by `shared_hosts`.
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
    # Link shorteners and click counters: the path is the whole of the identity.
    "bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rebrand.ly",
    "cutt.ly", "lnkd.in", "t.ly", "tiny.cc", "rb.gy", "shorturl.at", "aka.ms", "qrco.de", "fb.me",
    # Documents, forms and surveys.
    "docs.google.com", "drive.google.com", "sites.google.com", "forms.gle", "forms.office.com",
    "script.google.com", "canva.com", "notion.so", "notion.site", "airtable.com", "typeform.com",
    "jotform.com", "surveymonkey.com", "padlet.com", "trello.com", "scribd.com", "issuu.com",
    "docusign.com", "docusign.net", "adobe.com", "figma.com", "genially.com",
    # File transfer and cloud drives.
    "dropbox.com", "dropboxusercontent.com", "onedrive.live.com", "1drv.ms", "box.com",
    "app.box.com", "wetransfer.com", "we.tl", "mediafire.com", "mega.nz", "icloud.com",
    "transfer.sh", "gofile.io", "filemail.com",
    # Object storage with the bucket in the path.
    "storage.googleapis.com", "storage.cloud.google.com", "s3.amazonaws.com",
    "firebasestorage.googleapis.com", "ipfs.io", "cloudflare-ipfs.com",
    # Code, pastes, chat attachments, translators and caches that show other people's pages.
    "github.com", "raw.githubusercontent.com", "gist.github.com", "gitlab.com", "bitbucket.org",
    "pastebin.com", "cdn.discordapp.com", "translate.google.com", "web.archive.org",
    # Redirectors of mail senders and advertising.
    "googleadservices.com", "doubleclick.net", "list-manage.com", "sendgrid.net", "hubspotlinks.com",
    "safelinks.protection.outlook.com", "urldefense.com", "urldefense.proofpoint.com",
)  # fmt: skip
_SUBDOMAIN_SHARED = (
    # Static sites and apps.
    "github.io", "gitlab.io", "web.app", "firebaseapp.com", "pages.dev", "workers.dev", "r2.dev",
    "vercel.app", "netlify.app", "herokuapp.com", "onrender.com", "fly.dev", "surge.sh",
    "glitch.me", "repl.co", "replit.app", "appspot.com", "run.app", "azurewebsites.net",
    "azurestaticapps.net", "azureedge.net", "cloudfront.net", "amplifyapp.com", "trycloudflare.com",
    "ngrok.io", "ngrok.app", "ngrok-free.app", "translate.goog",
    # Object storage with the tenant in the host.
    "blob.core.windows.net", "web.core.windows.net", "amazonaws.com", "digitaloceanspaces.com",
    "backblazeb2.com", "linodeobjects.com",
    # Site builders, shops and blogs.
    "sharepoint.com", "weebly.com", "wixsite.com", "wordpress.com", "blogspot.com", "webflow.io",
    "myshopify.com", "squarespace.com", "godaddysites.com", "square.site", "zendesk.com",
    "atlassian.net", "mybluehost.me", "000webhostapp.com", "duckdns.org", "dynamics.com",
    "mktoweb.com", "hubspotpagebuilder.com",
)  # fmt: skip
_BRANDS = (
    "google.com", "microsoft.com", "microsoftonline.com", "live.com", "office.com", "outlook.com",
    "windows.net", "apple.com", "amazon.com", "facebook.com", "instagram.com", "linkedin.com",
    "youtube.com", "x.com", "twitter.com", "whatsapp.com", "paypal.com", "wikipedia.org",
    "bing.com", "yahoo.com", "netflix.com", "zoom.us", "slack.com", "salesforce.com", "dhl.com",
    "fedex.com", "ups.com", "w3.org", "schema.org",
)  # fmt: skip

_PLATFORMS: dict[str, Sharing] = {
    **dict.fromkeys(_BRANDS, Sharing.BRAND),
    **dict.fromkeys(_SUBDOMAIN_SHARED, Sharing.SUBDOMAIN),
    **dict.fromkeys(_HOST_SHARED, Sharing.HOST),
}


def sharing_of(host: str, further: Iterable[str] = ()) -> Sharing | None:
    """How `host` is shared, or None; the longest entry decides, an administrator's first.

    `further` are entries of the settings, with or without a leading `*.`; they count as one host
    for everyone. An entry for tenants' subdomains makes its own bare host shared by everyone.
    """
    name = host.lower().rstrip(".")
    added = {entry.strip().lower().removeprefix("*.").strip(".") for entry in further}
    labels = name.split(".")
    for start in range(len(labels)):
        suffix = ".".join(labels[start:])
        if suffix in added:
            return Sharing.HOST
        found = _PLATFORMS.get(suffix)
        if found is Sharing.SUBDOMAIN and start == 0:
            return Sharing.HOST
        if found is not None:
            return found
    return None
