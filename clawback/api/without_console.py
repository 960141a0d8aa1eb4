"""What is served in the console's place where its libraries are not installed."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse

_TEXT = """Clawback serves its REST API here, without the console: its libraries are not installed.

    pip install 'clawback[console]'

and start `clawback up` again. The API is at /api/v1 and described at /openapi.json.
"""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def tell_how_to_install(app: FastAPI) -> None:
    """Say at `/` and at the console's address how to get it."""
    for path in ("/", "/console", "/console/{rest:path}"):
        app.add_route(path, _tell, methods=["GET"])


async def _tell(request: Request) -> PlainTextResponse:
    here = request.url.path.rstrip("/") == str(request.scope.get("root_path", "")).rstrip("/")
    return PlainTextResponse(_TEXT, 200 if here else 404, _HEADERS)
