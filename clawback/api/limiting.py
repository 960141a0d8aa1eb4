"""How often anybody may ask: requests and hunts of each token, and failed tokens of each address.

Counted in this process: `clawback up` serves the API from one.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from clawback.api.problems import TOO_MANY, Refusal
from clawback.config import ApiConfig

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one limit: for the headers of draft-ietf-httpapi-ratelimit-headers-10."""

    policy: str
    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={MINUTE}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset_s}',
        }


class RateLimits:
    """Moving windows of a minute, by policy and by who asks."""

    def __init__(self, config: ApiConfig) -> None:
        self._strategy = MovingWindowRateLimiter(MemoryStorage())
        self._policies: dict[str, RateLimitItem] = {
            "requests": RateLimitItemPerMinute(config.requests_per_minute, namespace="requests"),
            "hunts": RateLimitItemPerMinute(config.hunts_per_minute, namespace="hunts"),
            "failures": RateLimitItemPerMinute(config.failures_per_minute, namespace="failures"),
        }

    def take(self, policy: str, who: str) -> Allowance:
        """Count one. Raises `Refusal` 429 where nothing is left."""
        taken = self._strategy.hit(self._policies[policy], who)
        allowance = self._allowance(policy, who)
        if not taken:
            raise self._refusal(allowance)
        return allowance

    def _allowance(self, policy: str, who: str) -> Allowance:
        item = self._policies[policy]
        stats = self._strategy.get_window_stats(item, who)
        wait = max(1, math.ceil(stats.reset_time - time.time()))
        return Allowance(policy, item.amount, stats.remaining, wait)

    def _refusal(self, allowance: Allowance) -> Refusal:
        return Refusal(
            TOO_MANY,
            f"{allowance.limit} {allowance.policy} a minute are allowed: "
            f"try again in {allowance.reset_s} seconds",
            headers={**allowance.headers, "Retry-After": str(allowance.reset_s)},
        )
