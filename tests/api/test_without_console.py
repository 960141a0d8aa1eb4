"""The API where the console's libraries are not installed."""

from __future__ import annotations

import sys

import pytest
from api_stage import GENEROUS, serving

from clawback.api import serve
from clawback.api.app import create_app
from clawback.config import ApiConfig
from models.people import Role
from tests.services.scene import Scene


def test_without_its_libraries_the_api_is_served_and_says_how_to_get_the_console(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in sys.modules if one.startswith("clawback.console")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nicegui", None)
    config = ApiConfig(**GENEROUS)
    app = create_app(scene.ctx, config)
    serve.attach_console(app, scene.ctx, config)
    with serving(scene, app) as stage:
        assert stage.send("GET", "/me", Role.READER).status_code == 200
        start = stage.client.get("/")
        assert start.status_code == 200
        assert "pip install 'clawback[console]'" in start.text
        assert "script-src" not in start.headers["content-security-policy"]
        for path in ("/console", "/console/login"):
            answer = stage.client.get(path)
            assert (answer.status_code, "clawback[console]" in answer.text) == (404, True)
