"""Each way to sign in through Microsoft's own library, and one clear line for each that fails."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.transport import AsyncHttpTransport
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from clawback.errors import SetupError
from clawback.mailboxes.graph import credentials
from clawback.mailboxes.graph.clouds import endpoints_of
from clawback.mailboxes.graph.credentials import AzureTokens, code_of, token_source
from clawback.mailboxes.graph.tokens import NoToken, StaticToken, Token, Tokens
from clawback.source_config import GraphConfig
from tests.mailboxes.graph.graph_stage import GraphStage, config
from tests.mailboxes.graph.virtual_time import run
from tests.mailboxes.stages import ANN

TENANT, CLIENT = "4d6f9f6c-3f0e-4e0f-8a63-6f1f3a4b7c10", "b1a5c0de-0000-4000-8000-00000000c1a0"


def certificate(path: Path, *, days: int) -> Path:
    """A self-signed certificate with its key that ends in so many days."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clawback")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("AADSTS7000215: Invalid client secret provided.", "wrong-secret"),
        ("AADSTS7000222: The provided client secret keys are expired.", "expired-secret"),
        ("AADSTS700016: Application not found in the directory.", "unknown-application"),
        ("AADSTS90002: Tenant not found.", "unknown-tenant"),
        ("AADSTS700027: Client assertion contains an invalid signature.", "wrong-certificate"),
        ("AADSTS1: Something new.", "sign-in-refused"),
        ("nothing with a number", "sign-in-refused"),
    ],
)
def test_a_refusal_is_known_by_its_number(message: str, code: str) -> None:
    assert code_of(message) == code


class Response:
    """As much of a response as Microsoft's library looks at."""

    def __init__(self, request: Any, status: int, body: bytes) -> None:
        self.request, self.status_code, self.reason = request, status, ""
        self.headers = {"Content-Type": "application/json"}
        self.content_type = "application/json"
        self._body = body

    def body(self) -> bytes:
        return self._body

    def text(self, encoding: str | None = None) -> str:
        return self._body.decode(encoding or "utf-8")

    async def load_body(self) -> None:
        pass


class SignIn(AsyncHttpTransport[Any, Any]):
    """The sign-in service, without a network: it gives a token or refuses with a number."""

    def __init__(self, refusal: str = "") -> None:
        self._refusal = refusal

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> SignIn:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, request: Any, **_: Any) -> Any:
        assert request.url.startswith(f"https://login.example.test/{TENANT}/")
        if self._refusal:
            said = {"error": "invalid_client", "error_description": f"{self._refusal}: secret text"}
            return Response(request, 401, json.dumps(said).encode())
        given = {"access_token": "a-token", "expires_in": 3599, "token_type": "Bearer"}
        return Response(request, 200, json.dumps(given).encode())


def signing_in(refusal: str = "", **more: Any) -> AzureTokens:
    chosen = GraphConfig(
        kind="graph",
        name="online",
        tenant_id=TENANT,
        client_id=CLIENT,
        authority="https://login.example.test",
        **more,
    )
    env = {"CLAWBACK_GRAPH_SECRET": "value"}
    return AzureTokens(chosen, env, endpoints_of(chosen), lambda: SignIn(refusal))


def test_secret_and_certificate_get_a_token_from_the_real_library(tmp_path: Path) -> None:
    assert run(signing_in().get()).secret == "a-token"
    file = certificate(tmp_path / "sound.pem", days=9)
    tokens = signing_in(credential="certificate", certificate_file=file)
    assert run(tokens.get()).secret == "a-token"


def test_what_the_sign_in_says_is_never_repeated(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(signing_in("AADSTS7000215")) == "wrong-secret"
    assert refused(signing_in("AADSTS90002")) == "unknown-tenant"
    assert "secret text" not in caplog.text + "".join(capsys.readouterr())


def azure(tmp_path: Path, env: dict[str, str], **more: Any) -> AzureTokens:
    chosen = GraphConfig(kind="graph", name="online", tenant_id=TENANT, client_id=CLIENT, **more)
    return AzureTokens(chosen, env, endpoints_of(chosen))


def refused(tokens: AzureTokens) -> str:
    with pytest.raises(NoToken) as raised:
        run(tokens.get())
    return raised.value.code


def test_what_is_missing_is_said_before_anybody_is_asked(tmp_path: Path) -> None:
    assert refused(azure(tmp_path, {})) == "no-secret"
    lost = {"credential": "certificate", "certificate_file": tmp_path / "none.pem"}
    assert refused(azure(tmp_path, {}, **lost)) == "certificate-unreadable"
    ended = certificate(tmp_path / "ended.pem", days=-1)
    given = {"credential": "certificate", "certificate_file": ended}
    assert refused(azure(tmp_path, {}, **given)) == "expired-certificate"
    (tmp_path / "text.pem").write_text("no certificate")
    given = {"credential": "certificate", "certificate_file": tmp_path / "text.pem"}
    assert refused(azure(tmp_path, {}, **given)) == "unusable-credential"


def test_without_the_library_the_way_to_get_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "is_installed", lambda: False)
    chosen = GraphConfig(kind="graph", name="online", tenant_id=TENANT, client_id=CLIENT)
    with pytest.raises(SetupError, match=r"pip install 'clawback\[graph\]'"):
        token_source(chosen, {}, endpoints_of(chosen))


@pytest.mark.parametrize(
    ("cloud", "scope"),
    [
        ("global", "https://graph.microsoft.com/.default"),
        ("us-government", "https://graph.microsoft.us/.default"),
        ("us-government-dod", "https://dod-graph.microsoft.us/.default"),
        ("china", "https://microsoftgraph.chinacloudapi.cn/.default"),
    ],
)
def test_each_cloud_has_its_own_scope(cloud: Any, scope: str) -> None:
    assert endpoints_of(config(base_url="", cloud=cloud)).scope == scope


class Counting:
    """Gives a new token each time."""

    def __init__(self, lasts: float) -> None:
        self.given = 0
        self._lasts = lasts

    async def get(self) -> Token:
        self.given += 1
        return Token(f"token-{self.given}", 1_000.0 + self._lasts)

    async def close(self) -> None:
        pass


def test_a_token_is_kept_until_shortly_before_its_end_and_is_never_shown() -> None:
    now = [1_000.0]
    source = Counting(3_600.0)

    async def use() -> None:
        tokens = Tokens("online", source, lambda: now[0])
        assert await tokens.current() == await tokens.current() == "token-1"
        now[0] += 3_400.0
        assert await tokens.current() == "token-2"
        assert await tokens.renewed("token-1") == "token-2"
        assert await tokens.renewed("token-2") == "token-3"

    run(use())
    assert "token-1" not in repr(Token("token-1", 1.0))
    assert source.given == 3


def test_a_static_token_is_read_anew_and_checked() -> None:
    env = {"T": "abc"}
    assert run(StaticToken("T", env).get()).secret == "abc"
    for bad, code in (("", "no-token"), ("a b", "unusable-token"), ("a\r\nX: y", "unusable-token")):
        env["T"] = bad
        with pytest.raises(NoToken, match=code):
            run(StaticToken("T", env).get())


def checked(stage: GraphStage) -> str:
    lines = run(stage.source.check(), stage.time)
    assert all("\n" not in line for line in lines)
    assert sum(box.moves for box in stage.tenant.mailboxes.values()) == 0
    return "; ".join(lines)


def test_each_trouble_is_one_line_that_says_what_to_do() -> None:
    stage = GraphStage()
    stage.tenant.static_token = "another"
    assert "CLAWBACK_GRAPH_TOKEN is refused: put a new one there" in checked(stage)
    stage = GraphStage()
    stage.switch(roles=["Mail.ReadWrite"])
    assert "grant the application User.Read.All" in checked(stage)
    stage = GraphStage()
    stage.switch(roles=["User.Read.All"])
    assert "grant the application Mail.ReadWrite" in checked(stage)


def test_a_configured_mailbox_that_cannot_be_reached_is_named_with_the_reason() -> None:
    users = (ANN, "nobody@example.org", "team@example.org")
    stage = GraphStage((ANN, "team@example.org"), users=users)
    stage.switch(mailboxes={"team@example.org": "group"})
    said = checked(stage)
    assert "nobody@example.org: no such user" in said
    assert "team@example.org: a Microsoft 365 group" in said
    assert ANN not in said


def test_every_example_of_the_documentation_is_a_configuration() -> None:
    text = Path(__file__).parents[3].joinpath("docs/connectors.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", text.partition("## Microsoft Graph")[2], re.DOTALL)
    kinds = [GraphConfig(**tomllib.loads(one)["sources"][0]).credential for one in examples]
    assert sorted(kinds) == [
        "certificate",
        "managed-identity",
        "secret",
        "token",
        "workload-identity",
    ]


def test_every_key_is_documented() -> None:
    text = Path(__file__).parents[3].joinpath("docs/connectors.md").read_text()
    section = text.partition("## Microsoft Graph")[2]
    for key in GraphConfig.model_fields.keys() - {"kind", "name"}:
        assert f"`{key}`" in section, key


def test_json_of_a_config_shows_no_secret() -> None:
    assert "lab-token" not in json.dumps(config().model_dump(mode="json"))
