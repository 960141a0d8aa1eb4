"""Post-delivery events: what remediation did to each copy, in the words of EmailPostDeliveryEvents."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index

from models.tables.columns import Row, key, link, moment, text


class PostDeliveryEventRow(Row, table=True):
    """One row for each copy that an action moved or failed to move; columns are those of the original."""

    __tablename__ = "post_delivery_events"
    __table_args__ = (
        Index(None, "action_id", "copy_id", unique=True),
        Index(None, "timestamp"),
        Index(None, "copy_id"),
    )

    id: int = key()
    action_id: int = link("actions.id")
    copy_id: int = link("copies.id")
    timestamp: datetime = moment()
    network_message_id: str = text()
    internet_message_id: str = text()
    action: str = text()
    action_type: str = text()
    action_trigger: str = text()
    action_result: str = text()
    recipient_email_address: str = text()
    delivery_location: str = text("where the copy is after the action")
