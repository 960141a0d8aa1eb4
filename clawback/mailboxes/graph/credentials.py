"""Tokens from the Azure identity library, and what its refusals mean.

The library is an extra of its own (`pip install 'clawback[graph]'`) and is loaded with the first
token. What it says is never shown: only the number of the error is read.
"""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clawback.errors import SetupError
from clawback.mailboxes.graph.clouds import Endpoints
from clawback.mailboxes.graph.tokens import NoToken, StaticToken, Token, TokenSource
from clawback.source_config import GraphConfig

if TYPE_CHECKING:
    from azure.identity.aio import (
        CertificateCredential,
        ClientSecretCredential,
        ManagedIdentityCredential,
        WorkloadIdentityCredential,
    )

    Credential = (
        CertificateCredential
        | ClientSecretCredential
        | ManagedIdentityCredential
        | WorkloadIdentityCredential
    )

# "Microsoft Entra authentication and authorization error codes"
# (entra/identity-platform/reference-error-codes).
_CODES: Mapping[str, str] = {
    "AADSTS7000215": "wrong-secret",
    "AADSTS7000222": "expired-secret",
    "AADSTS700016": "unknown-application",
    "AADSTS700027": "wrong-certificate",
    "AADSTS7000112": "application-disabled",
    "AADSTS7000229": "no-service-principal",
    "AADSTS90002": "unknown-tenant",
    "AADSTS900023": "unknown-tenant",
    "AADSTS53003": "blocked-by-conditional-access",
    "AADSTS70021": "no-federated-identity",
    "AADSTS700213": "no-federated-identity",
}
_CODE = re.compile(r"AADSTS\d{4,8}\b")


def token_source(
    config: GraphConfig,
    env: Mapping[str, str],
    endpoints: Endpoints,
    *,
    transport: Callable[[], Any] | None = None,
) -> Callable[[], TokenSource]:
    """What makes the configured source of tokens, one for each event loop.

    Raises `SetupError` where the Azure library is needed and is not installed. `transport` replaces
    the library's own way to the network.
    """
    if config.credential == "token":
        return lambda: StaticToken(config.token_env, env)
    if not is_installed():
        raise SetupError(
            f"the source {config.name} needs the Azure identity library: "
            "pip install 'clawback[graph]'"
        )
    return lambda: AzureTokens(config, env, endpoints, transport)


def is_installed() -> bool:
    """Whether the Azure identity library can be loaded; it is not loaded for that."""
    try:
        found = importlib.util.find_spec("azure.identity") is not None
        return found and importlib.util.find_spec("aiohttp") is not None
    except ModuleNotFoundError:  # there is no `azure` at all
        return False


class AzureTokens:
    """The tokens of one of the library's credentials."""

    def __init__(
        self,
        config: GraphConfig,
        env: Mapping[str, str],
        endpoints: Endpoints,
        transport: Callable[[], Any] | None = None,
    ) -> None:
        self._config = config
        self._env = env
        self._endpoints = endpoints
        self._transport = transport
        self._credential: Credential | None = None

    async def get(self) -> Token:
        """A new token: the credential is made anew, since it keeps the tokens that it got."""
        from azure.core.exceptions import (
            AzureError,
            ClientAuthenticationError,
            ServiceRequestError,
            ServiceResponseError,
        )
        from azure.identity import CredentialUnavailableError

        # It logs what the sign-in answered, in the sign-in's words.
        logging.getLogger("azure").setLevel(logging.CRITICAL)
        await self.close()
        self._credential = self._make()
        try:
            got = await self._credential.get_token(self._endpoints.scope)
        except CredentialUnavailableError:
            raise NoToken("no-identity") from None
        except ClientAuthenticationError as error:
            raise NoToken(code_of(str(error))) from None
        except (ServiceRequestError, ServiceResponseError):
            raise NoToken("sign-in-unreachable", retryable=True) from None
        except AzureError:
            raise NoToken("sign-in-failed", retryable=True) from None
        except ValueError:  # a tenant id or an authority that can be none
            raise NoToken("unusable-credential") from None
        return Token(got.token, float(got.expires_on))

    async def close(self) -> None:
        """Close the credential's connections."""
        if self._credential is not None:
            credential, self._credential = self._credential, None
            await credential.close()

    def _make(self) -> Credential:
        try:
            return self._of_kind()
        except NoToken:
            raise
        except ValueError:
            raise NoToken("unusable-credential") from None

    def _of_kind(self) -> Credential:
        from azure.identity import aio

        config, more = self._config, self._more()
        match config.credential:
            case "certificate":
                data = self._certificate()
                return aio.CertificateCredential(
                    config.tenant_id,
                    config.client_id,
                    certificate_data=data,
                    password=self._password(),
                    **more,
                )
            case "managed-identity":
                return aio.ManagedIdentityCredential(client_id=config.client_id or None, **more)
            case "workload-identity":
                named = {"tenant_id": config.tenant_id, "client_id": config.client_id}
                given = {key: value for key, value in named.items() if value}
                return aio.WorkloadIdentityCredential(**given, **more)
            case _:
                secret = self._secret(config.secret_env, "no-secret")
                return aio.ClientSecretCredential(
                    config.tenant_id, config.client_id, secret, **more
                )

    def _more(self) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if self._config.credential != "managed-identity":
            more["authority"] = self._endpoints.authority
            # Another authority than Microsoft's is not known to Microsoft's directory of them.
            more["disable_instance_discovery"] = bool(self._config.authority)
        if self._transport is not None:
            more["transport"] = self._transport()
        return more

    def _certificate(self) -> bytes:
        path = self._config.certificate_file or Path()
        try:
            data = path.read_bytes()
        except OSError:
            raise NoToken("certificate-unreadable") from None
        ends_at = end_of(data, self._password())
        if ends_at is not None and ends_at <= datetime.now(UTC):
            raise NoToken("expired-certificate")
        return data

    def _password(self) -> bytes | None:
        variable = self._config.certificate_password_env
        return None if variable is None else self._secret(variable, "no-password").encode()

    def _secret(self, variable: str, missing: str) -> str:
        secret = self._env.get(variable, "")
        if not secret:
            raise NoToken(missing)
        return secret


def code_of(message: str) -> str:
    """The constant that stands for a refusal of the sign-in, by the number in its message."""
    for number in _CODE.findall(message):
        if number in _CODES:
            return _CODES[number]
    return "sign-in-refused"


def end_of(data: bytes, password: bytes | None) -> datetime | None:
    """When the certificate in a PEM or PKCS #12 file ends; None where none can be read."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        if b"-----BEGIN CERTIFICATE" in data:
            return x509.load_pem_x509_certificate(data).not_valid_after_utc
        found = pkcs12.load_key_and_certificates(data, password)[1]
    except ValueError:
        return None
    return None if found is None else found.not_valid_after_utc
