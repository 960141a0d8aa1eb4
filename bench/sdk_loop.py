"""The peer of `bench graph`: a plain loop over Microsoft's own msgraph-sdk, one move after another.

Run by a Python that has the SDK. Reads one JSON object from standard input (`base_url`, `token`,
`destination`, `messages` as pairs of user and id); prints the seconds that the loop took.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.users.item.messages.item.move.move_post_request_body import (
    MovePostRequestBody,
)


class _Token(AccessTokenProvider):
    def __init__(self, token: str) -> None:
        self._token = token

    async def get_authorization_token(self, uri: str, additional: Any = None) -> str:
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


async def _moved(task: dict[str, Any]) -> float:
    provider = BaseBearerTokenAuthenticationProvider(_Token(task["token"]))
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = task["base_url"]
    client = GraphServiceClient(request_adapter=adapter)
    body = MovePostRequestBody(destination_id=task["destination"])
    started = time.perf_counter()
    for user, message in task["messages"]:
        await client.users.by_user_id(user).messages.by_message_id(message).move.post(body)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(asyncio.run(_moved(json.load(sys.stdin))))
