"""A service that plays a part: it admits or refuses, and fails when it is told to."""

# Methods are named as the services name them.
# ruff: noqa: N802

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from aiusage.v1 import alert_service_pb2 as alert_pb
from aiusage.v1 import budget_pb2 as budget_pb
from aiusage.v1 import budget_service_pb2 as budget_service_pb
from aiusage.v1 import types_pb2 as types_pb
from aiusage.v1 import usage_service_pb2 as usage_pb
from aiusage.v1.alert_service_pb2_grpc import (
    AlertServiceServicer,
    add_AlertServiceServicer_to_server,
)
from aiusage.v1.budget_service_pb2_grpc import (
    BudgetServiceServicer,
    add_BudgetServiceServicer_to_server,
)
from aiusage.v1.usage_service_pb2_grpc import (
    UsageServiceServicer,
    add_UsageServiceServicer_to_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def usd(amount: str) -> types_pb.Money:
    return types_pb.Money(amount=amount, currency_code="USD")


def cost(amount: str) -> budget_pb.BudgetAmount:
    return budget_pb.BudgetAmount(cost=usd(amount))


class FakeService(BudgetServiceServicer, UsageServiceServicer, AlertServiceServicer):
    def __init__(self) -> None:
        self.address = ""
        self.stopping = threading.Event()
        # Every request, in the order they came.
        self.requests: list[Any] = []
        # How often the next calls of a method fail, by its name.
        self.failures: dict[str, int] = {}
        self.failure = grpc.StatusCode.UNAVAILABLE
        self.refusal: budget_service_pb.BudgetRefusal | None = None
        # What each stream of alerts sends before it breaks off; the last one stays open.
        self.alert_streams: list[list[alert_pb.WatchAlertsResponse]] = []

    def names(self) -> list[str]:
        return [type(request).__name__.removesuffix("Request") for request in self.requests]

    def _take(self, request: Any, context: grpc.ServicerContext) -> None:
        self.requests.append(request)
        name = self.names()[-1]
        if self.failures.get(name, 0) > 0:
            self.failures[name] -= 1
            context.abort(self.failure, "away")

    def ReserveBudget(
        self, request: budget_service_pb.ReserveBudgetRequest, context: grpc.ServicerContext
    ) -> budget_service_pb.ReserveBudgetResponse:
        self._take(request, context)
        return budget_service_pb.ReserveBudgetResponse(
            admitted=self.refusal is None,
            refusal=self.refusal,
            reservation=budget_service_pb.Reservation(
                reservation_id=request.reservation_id, amount=usd("1")
            ),
        )

    def ExtendReservation(
        self, request: budget_service_pb.ExtendReservationRequest, context: grpc.ServicerContext
    ) -> budget_service_pb.ExtendReservationResponse:
        self._take(request, context)
        reservation = budget_service_pb.Reservation(
            reservation_id=request.reservation_id,
            amount=usd("1"),
            expire_time=Timestamp(seconds=60),
        )
        return budget_service_pb.ExtendReservationResponse(reservation=reservation)

    def CancelReservation(
        self, request: budget_service_pb.CancelReservationRequest, context: grpc.ServicerContext
    ) -> budget_service_pb.CancelReservationResponse:
        self._take(request, context)
        reservation = budget_service_pb.Reservation(
            reservation_id=request.reservation_id,
            amount=usd("1"),
            state=budget_service_pb.RESERVATION_STATE_CANCELLED,
        )
        return budget_service_pb.CancelReservationResponse(reservation=reservation)

    def CreateBudget(
        self, request: budget_service_pb.CreateBudgetRequest, context: grpc.ServicerContext
    ) -> budget_service_pb.CreateBudgetResponse:
        self._take(request, context)
        return budget_service_pb.CreateBudgetResponse(budget=request.budget)

    def RecordUsage(
        self, request: usage_pb.RecordUsageRequest, context: grpc.ServicerContext
    ) -> usage_pb.RecordUsageResponse:
        self._take(request, context)
        receipt = usage_pb.Receipt(record_id=request.record.record_id)
        return usage_pb.RecordUsageResponse(receipt=receipt)

    def CreateWebhook(
        self, request: alert_pb.CreateWebhookRequest, context: grpc.ServicerContext
    ) -> alert_pb.CreateWebhookResponse:
        self._take(request, context)
        return alert_pb.CreateWebhookResponse(webhook=request.webhook, secret="whsec_any")

    def WatchAlerts(
        self, request: alert_pb.WatchAlertsRequest, context: grpc.ServicerContext
    ) -> Iterator[alert_pb.WatchAlertsResponse]:
        self._take(request, context)
        yield from self.alert_streams.pop(0)
        if self.alert_streams:
            context.abort(grpc.StatusCode.UNAVAILABLE, "stopping")
        while context.is_active() and not self.stopping.wait(0.02):
            pass


@contextmanager
def fake_service() -> Iterator[FakeService]:
    # The methods that no test needs answer UNIMPLEMENTED.
    service_class: Any = FakeService
    service: FakeService = service_class()
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    add_BudgetServiceServicer_to_server(service, server)
    add_UsageServiceServicer_to_server(service, server)
    add_AlertServiceServicer_to_server(service, server)
    service.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield service
    finally:
        service.stopping.set()
        server.stop(grace=None).wait()
