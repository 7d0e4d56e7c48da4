"""The verbs of alerts and their destinations, for blocking code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import alert_service_pb2 as alert_pb

from . import _alerts_from_proto, _alerts_to_proto
from ._caller import Caller
from .watch import AlertWatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .alerts import (
        Alert,
        AlertKind,
        CreatedWebhook,
        DeliveryState,
        Webhook,
        WebhookDelivery,
    )
    from .watch import WatchCall


class AlertCalls(Caller):
    """Lists, watches and delivers alerts."""

    def list_alerts(
        self,
        *,
        unacknowledged_only: bool = False,
        budget_id: str = "",
        kind: AlertKind | None = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> Iterator[Alert]:
        """Alerts, newest first, read page by page.

        Args:
            unacknowledged_only: Only those that nobody has acknowledged.
            budget_id: Only of this budget.
            kind: Only of this kind.
            page_size: Alerts for one page.
            timeout: Seconds for each page.
        """
        request = _alerts_to_proto.list_alerts_request(
            unacknowledged_only, budget_id, kind, page_size
        )
        for page in self._pages(lambda service: service.alerts.ListAlerts, request, timeout):
            yield from map(_alerts_from_proto.alert, page.alerts)

    def acknowledge_alert(self, alert_id: str, *, timeout: float | None = None) -> Alert:
        """Says that somebody has seen an alert. Once is enough; the first counts."""
        request = alert_pb.AcknowledgeAlertRequest(alert_id=alert_id)
        response = self._call(self._connect().alerts.AcknowledgeAlert, request, timeout)
        return _alerts_from_proto.alert(response.alert)

    def watch_alerts(self, *, resume_token: str = "") -> AlertWatch:
        """Alerts as they come, without end.

        First those that nobody has acknowledged, oldest first; or after a resume_token,
        those since then. When the connection breaks, the watch goes on where it was.
        """
        return AlertWatch(self._open_watch, resume_token)

    def create_webhook(
        self,
        url: str,
        *,
        kinds: Iterable[AlertKind] = (),
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> CreatedWebhook:
        """Makes a destination to which alerts are posted. Answers its secret, this once.

        Not repeated while the service is unavailable: it could make two.

        Args:
            url: Where to.
            kinds: Only these kinds of alert; by default all.
            validate_only: Only checks it.
            timeout: Seconds.
        """
        request = _alerts_to_proto.create_webhook_request(url, kinds, validate_only)
        response = self._call(self._connect().alerts.CreateWebhook, request, timeout)
        return _alerts_from_proto.created_webhook(response)

    def list_webhooks(self, *, timeout: float | None = None) -> tuple[Webhook, ...]:
        """The destinations, oldest first."""
        request = alert_pb.ListWebhooksRequest()
        response = self._call(self._connect().alerts.ListWebhooks, request, timeout)
        return tuple(map(_alerts_from_proto.webhook, response.webhooks))

    def delete_webhook(self, webhook_id: str, *, timeout: float | None = None) -> None:
        """Deletes a destination; what was not delivered to it is dropped."""
        request = alert_pb.DeleteWebhookRequest(webhook_id=webhook_id)
        self._call(self._connect().alerts.DeleteWebhook, request, timeout)

    def list_webhook_deliveries(
        self,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> Iterator[WebhookDelivery]:
        """Deliveries to a destination, newest first, read page by page."""
        request = _alerts_to_proto.list_deliveries_request(webhook_id, state, page_size)
        pages = self._pages(lambda service: service.alerts.ListWebhookDeliveries, request, timeout)
        for page in pages:
            yield from map(_alerts_from_proto.delivery, page.deliveries)

    def replay_webhook(
        self, webhook_id: str, *, alert_id: str = "", timeout: float | None = None
    ) -> int:
        """Delivers one alert again, or all that were given up; answers how many."""
        request = alert_pb.ReplayWebhookRequest(webhook_id=webhook_id, alert_id=alert_id)
        response = self._call(self._connect().alerts.ReplayWebhook, request, timeout)
        return response.delivery_count

    def _open_watch(self, request: alert_pb.WatchAlertsRequest) -> WatchCall:
        return self._connect().alerts.WatchAlerts(request, metadata=self._metadata)
