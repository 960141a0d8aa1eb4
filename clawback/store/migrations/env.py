"""Alembic's environment: migrations run in the transaction of whoever opens the store."""

from __future__ import annotations

from alembic import context

from models.tables.catalog import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    transactional_ddl=False,  # the opener's transaction holds all of it: a failure leaves nothing
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
