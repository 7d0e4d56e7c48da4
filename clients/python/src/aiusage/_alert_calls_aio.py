"""The verbs of alerts and their destinations, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import alert_service_pb2 as alert_pb

from . import _alerts_from_proto, _alerts_to_proto
from ._caller_aio import AsyncCaller
from .watch import AsyncAlertWatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from .alerts import (
        Alert,
        AlertKind,
        CreatedWebhook,
        DeliveryState,
        Webhook,
        WebhookDelivery,
    )
    from .watch import AsyncWatchCall


class AsyncAlertCalls(AsyncCaller):
    """Lists, watches and delivers alerts."""

    async def list_alerts(
        self,
        *,
        unacknowledged_only: bool = False,
        budget_id: str = "",
        kind: AlertKind | None = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[Alert]:
        """Alerts; see `Client.list_alerts`."""
        request = _alerts_to_proto.list_alerts_request(
            unacknowledged_only, budget_id, kind, page_size
        )
        pages = self._pages(lambda service: service.alerts.ListAlerts, request, timeout)
        async for page in pages:
            for alert in page.alerts:
                yield _alerts_from_proto.alert(alert)

    async def acknowledge_alert(self, alert_id: str, *, timeout: float | None = None) -> Alert:
        """Says that somebody has seen an alert; see `Client.acknowledge_alert`."""
        request = alert_pb.AcknowledgeAlertRequest(alert_id=alert_id)
        response = await self._call(self._connect().alerts.AcknowledgeAlert, request, timeout)
        return _alerts_from_proto.alert(response.alert)

    def watch_alerts(self, *, resume_token: str = "") -> AsyncAlertWatch:
        """Alerts as they come; see `Client.watch_alerts`."""
        return AsyncAlertWatch(self._open_watch, resume_token)

    async def create_webhook(
        self,
        url: str,
        *,
        kinds: Iterable[AlertKind] = (),
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> CreatedWebhook:
        """Makes a destination to which alerts are posted; see `Client.create_webhook`."""
        request = _alerts_to_proto.create_webhook_request(url, kinds, validate_only)
        response = await self._call(self._connect().alerts.CreateWebhook, request, timeout)
        return _alerts_from_proto.created_webhook(response)

    async def list_webhooks(self, *, timeout: float | None = None) -> tuple[Webhook, ...]:
        """The destinations; see `Client.list_webhooks`."""
        request = alert_pb.ListWebhooksRequest()
        response = await self._call(self._connect().alerts.ListWebhooks, request, timeout)
        return tuple(map(_alerts_from_proto.webhook, response.webhooks))

    async def delete_webhook(self, webhook_id: str, *, timeout: float | None = None) -> None:
        """Deletes a destination; see `Client.delete_webhook`."""
        request = alert_pb.DeleteWebhookRequest(webhook_id=webhook_id)
        await self._call(self._connect().alerts.DeleteWebhook, request, timeout)

    async def list_webhook_deliveries(
        self,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[WebhookDelivery]:
        """Deliveries to a destination; see `Client.list_webhook_deliveries`."""
        request = _alerts_to_proto.list_deliveries_request(webhook_id, state, page_size)
        pages = self._pages(lambda service: service.alerts.ListWebhookDeliveries, request, timeout)
        async for page in pages:
            for delivery in page.deliveries:
                yield _alerts_from_proto.delivery(delivery)

    async def replay_webhook(
        self, webhook_id: str, *, alert_id: str = "", timeout: float | None = None
    ) -> int:
        """Delivers one alert again; see `Client.replay_webhook`."""
        request = alert_pb.ReplayWebhookRequest(webhook_id=webhook_id, alert_id=alert_id)
        response = await self._call(self._connect().alerts.ReplayWebhook, request, timeout)
        return response.delivery_count

    def _open_watch(self, request: alert_pb.WatchAlertsRequest) -> AsyncWatchCall:
        return self._connect().alerts.WatchAlerts(request, metadata=self._metadata)
