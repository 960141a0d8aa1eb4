"""What prefect.yaml deploys, and into which work pool."""

from __future__ import annotations

POOL = "clawback"
"""The work pool of prefect.yaml."""

DEPLOYMENTS = ("investigate", "approve", "revert", "sync", "refresh", "sweep")
"""The deployments of prefect.yaml; each has the name of its flow."""
