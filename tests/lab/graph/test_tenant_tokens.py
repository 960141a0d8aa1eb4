"""Tokens of the lab's tenant: who gets one, how long it is good, what is said to the others."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tenant_client import Rig, a_rig, code_of

from clawback.lab.graph.switches import Switches
from clawback.lab.graph.tenant import CLIENT_ID, CLIENT_SECRET, TENANT_ID, Tenant

FORM = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "scope": "https://graph.microsoft.com/.default",
}
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


async def _token(rig: Rig, tenant_id: str = TENANT_ID, **changes: str) -> httpx.Response:
    form = {name: value for name, value in {**FORM, **changes}.items() if value}
    return await rig.client.post(f"http://127.0.0.1/{tenant_id}/oauth2/v2.0/token", data=form)


async def _users(rig: Rig, authorization: str) -> httpx.Response:
    return await rig.client.get("/users", headers={"Authorization": authorization})


def test_a_token_is_good_until_its_time_is_over() -> None:
    async def story() -> None:
        at = [NOW]
        tenant = Tenant(["a@example.com"], clock=lambda: at[0])
        async with a_rig(tenant, Switches(token_lifetime_seconds=60)) as rig:
            given = (await _token(rig)).json()
            assert (given["token_type"], given["expires_in"]) == ("Bearer", 60)
            authorization = f"Bearer {given['access_token']}"
            assert (await _users(rig, authorization)).status_code == 200
            at[0] = NOW + timedelta(seconds=60)
            late = await _users(rig, authorization)
            assert (late.status_code, code_of(late)) == (401, "InvalidAuthenticationToken")
            assert "expired" in late.json()["error"]["message"]
            batch = await rig.client.post(
                "/$batch", json={"requests": []}, headers={"Authorization": authorization}
            )
            assert batch.status_code == 401

    asyncio.run(story())


def test_tokens_run_out_when_they_are_told_to() -> None:
    async def story() -> None:
        async with a_rig(Tenant()) as rig:
            authorization = f"Bearer {(await _token(rig)).json()['access_token']}"
            await rig.client.post("http://127.0.0.1/_lab/expire", json={"tokens": True})
            assert (await _users(rig, authorization)).status_code == 401
            again = f"Bearer {(await _token(rig)).json()['access_token']}"
            assert (await _users(rig, again)).status_code == 200

    asyncio.run(story())


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer forged", "Basic lab-token"]
)
def test_without_a_token_that_was_given_out_nothing_is_answered(authorization: str) -> None:
    async def story() -> None:
        async with a_rig(Tenant()) as rig:
            answer = await _users(rig, authorization)
            assert (answer.status_code, code_of(answer)) == (401, "InvalidAuthenticationToken")
            assert "WWW-Authenticate" in answer.headers

    asyncio.run(story())


@pytest.mark.parametrize(
    ("tenant_id", "changes", "status", "error", "number"),
    [
        ("another", {}, 400, "invalid_request", 90002),
        (TENANT_ID, {"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        (TENANT_ID, {"client_secret": ""}, 401, "invalid_client", 7000215),
        (TENANT_ID, {"client_id": "another"}, 400, "unauthorized_client", 700016),
        (TENANT_ID, {"scope": "Mail.Read"}, 400, "invalid_scope", 1002012),
        (TENANT_ID, {"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
def test_wrong_credentials_are_told_apart(
    tenant_id: str, changes: dict[str, str], status: int, error: str, number: int
) -> None:
    async def story() -> None:
        async with a_rig(Tenant()) as rig:
            answer = await _token(rig, tenant_id, **changes)
            said = answer.json()
            assert (answer.status_code, said["error"]) == (status, error)
            assert said["error_codes"] == [number]
            assert said["error_description"].startswith(f"AADSTS{number}: ")

    asyncio.run(story())


def _assertion(**changes: object) -> str:
    claims = {"iss": CLIENT_ID, "sub": CLIENT_ID, "exp": NOW.timestamp() + 300, **changes}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.e30"


@pytest.mark.parametrize(
    ("assertion", "number"),
    [
        (_assertion(), 0),
        (_assertion(exp=NOW.timestamp() - 1), 700024),
        (_assertion(sub="another"), 700021),
        ("no jwt", 50027),
    ],
)
def test_an_assertion_of_a_certificate_is_looked_at(assertion: str, number: int) -> None:
    async def story() -> None:
        async with a_rig(Tenant(clock=lambda: NOW)) as rig:
            answer = await _token(
                rig,
                client_secret="",
                client_assertion=assertion,
                client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            )
            assert answer.status_code == (401 if number else 200)
            assert answer.json().get("error_codes", [0]) == [number]

    asyncio.run(story())


def test_clients_find_the_token_endpoint() -> None:
    async def story() -> None:
        async with a_rig(Tenant()) as rig:
            for path in ("/.well-known", f"/{TENANT_ID}/v2.0/.well-known"):
                url = f"http://127.0.0.1{path}/openid-configuration"
                found = (await rig.client.get(url)).json()["token_endpoint"]
                assert (await rig.client.post(found, data=FORM)).status_code == 200

    asyncio.run(story())
