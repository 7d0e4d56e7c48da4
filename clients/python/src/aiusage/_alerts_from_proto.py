"""Turns proto messages about alerts and their destinations into answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _budgets_from_proto, alerts
from . import _values_from_proto as _values

if TYPE_CHECKING:
    from aiusage.v1 import alert_service_pb2 as alert_pb


def alert(message: alert_pb.Alert) -> alerts.Alert:
    """Something that somebody should know."""
    amount = _budgets_from_proto.amount
    return alerts.Alert(
        alert_id=message.alert_id,
        kind=_values.known(alerts.AlertKind, message.kind),
        message=message.message,
        budget_id=message.budget_id,
        user_id=message.user_id,
        threshold_percent=message.threshold_percent,
        period=_values.time_range(message.period) if message.HasField("period") else None,
        used=amount(message.used) if message.HasField("used") else None,
        limit=amount(message.limit) if message.HasField("limit") else None,
        provider=message.provider,
        model=message.model,
        create_time=_values.time(message.create_time),
        acknowledge_time=_values.optional_time(message, "acknowledge_time"),
        acknowledged_by=message.acknowledged_by,
    )


def webhook(message: alert_pb.Webhook) -> alerts.Webhook:
    """A destination."""
    return alerts.Webhook(
        webhook_id=message.webhook_id,
        url=message.url,
        kinds=tuple(_values.known(alerts.AlertKind, kind) for kind in message.kinds),
        create_time=_values.optional_time(message, "create_time"),
    )


def created_webhook(message: alert_pb.CreateWebhookResponse) -> alerts.CreatedWebhook:
    """A new destination and its secret."""
    return alerts.CreatedWebhook(webhook=webhook(message.webhook), secret=message.secret)


def delivery(message: alert_pb.WebhookDelivery) -> alerts.WebhookDelivery:
    """One alert on its way."""
    return alerts.WebhookDelivery(
        alert_id=message.alert_id,
        state=_values.known(alerts.DeliveryState, message.state),
        attempt_count=message.attempt_count,
        next_attempt_time=_values.optional_time(message, "next_attempt_time"),
        last_attempt_time=_values.optional_time(message, "last_attempt_time"),
        last_status=message.last_status,
        last_error=message.last_error,
        create_time=_values.time(message.create_time),
    )
