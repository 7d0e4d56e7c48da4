"""A service that takes batches as a test tells it: late, not now, or not at all."""

# Methods are named as the services name them.
# ruff: noqa: N802

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as PackedAny
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from aiusage.v1 import usage_service_pb2 as usage_pb
from aiusage.v1.usage_service_pb2_grpc import (
    UsageServiceServicer,
    add_UsageServiceServicer_to_server,
)

# Called before a batch is answered; may abort.
Behaviour = Callable[[usage_pb.RecordUsageBatchRequest, grpc.ServicerContext], None]


class FakeBatches(UsageServiceServicer):
    def __init__(self) -> None:
        self.address = ""
        self.stopping = threading.Event()
        self.batches: list[usage_pb.RecordUsageBatchRequest] = []
        self.times_s: list[float] = []
        # What the next batches meet; afterwards, all is well.
        self.behaviours: list[Behaviour] = []

    def RecordUsageBatch(
        self,
        request_iterator: Iterator[usage_pb.RecordUsageBatchRequest],
        context: grpc.ServicerContext,
    ) -> Iterator[usage_pb.RecordUsageBatchResponse]:
        for request in request_iterator:
            self.times_s.append(time.monotonic())
            self.batches.append(request)
            if self.behaviours:
                self.behaviours.pop(0)(request, context)
            yield usage_pb.RecordUsageBatchResponse(
                sequence=request.sequence, stored_count=len(request.records)
            )

    def silent(self, _: usage_pb.RecordUsageBatchRequest, context: grpc.ServicerContext) -> None:
        """Never answers."""
        while context.is_active() and not self.stopping.wait(0.02):
            pass


def abort(code: grpc.StatusCode, retry_delay: timedelta | None = None) -> Behaviour:
    def behave(_: usage_pb.RecordUsageBatchRequest, context: grpc.ServicerContext) -> None:
        if retry_delay is not None:
            info = error_details_pb2.RetryInfo(retry_delay=Duration())
            info.retry_delay.FromTimedelta(retry_delay)
            details = PackedAny()
            details.Pack(info)
            status = status_pb2.Status(code=code.value[0], details=[details])
            trailer = ("grpc-status-details-bin", status.SerializeToString())
            context.set_trailing_metadata((trailer,))
        context.abort(code, "as the test says")

    return behave


def refuse_more_than_one(
    request: usage_pb.RecordUsageBatchRequest, context: grpc.ServicerContext
) -> None:
    if len(request.records) > 1:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "as the test says")


@contextmanager
def fake_batches() -> Iterator[FakeBatches]:
    # The methods that no test needs answer UNIMPLEMENTED.
    service_class: Any = FakeBatches
    service: FakeBatches = service_class()
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    add_UsageServiceServicer_to_server(service, server)
    service.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield service
    finally:
        service.stopping.set()
        server.stop(grace=None).wait()
