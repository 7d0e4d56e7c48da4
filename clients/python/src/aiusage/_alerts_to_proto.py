"""Turns what calls about alerts and their destinations take into proto messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import alert_service_pb2 as alert_pb

from .alerts import AlertKind, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Iterable


def list_alerts_request(
    unacknowledged_only: bool, budget_id: str, kind: AlertKind | None, page_size: int
) -> alert_pb.ListAlertsRequest:
    """The first page."""
    return alert_pb.ListAlertsRequest(
        unacknowledged_only=unacknowledged_only,
        budget_id=budget_id,
        kind=_kind(kind or AlertKind.UNSPECIFIED),
        page_size=page_size,
    )


def create_webhook_request(
    url: str, kinds: Iterable[AlertKind], validate_only: bool
) -> alert_pb.CreateWebhookRequest:
    """A destination for alerts of these kinds."""
    webhook = alert_pb.Webhook(url=url, kinds=[_kind(kind) for kind in kinds])
    return alert_pb.CreateWebhookRequest(webhook=webhook, validate_only=validate_only)


def list_deliveries_request(
    webhook_id: str, state: DeliveryState | None, page_size: int
) -> alert_pb.ListWebhookDeliveriesRequest:
    """The first page."""
    number = (state or DeliveryState.UNSPECIFIED).value
    return alert_pb.ListWebhookDeliveriesRequest(
        webhook_id=webhook_id, state=alert_pb.DeliveryState.ValueType(number), page_size=page_size
    )


def _kind(kind: AlertKind) -> alert_pb.AlertKind.ValueType:
    return alert_pb.AlertKind.ValueType(kind.value)
