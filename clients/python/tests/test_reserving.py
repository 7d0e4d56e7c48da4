"""What becomes of a reservation, with a service that plays a part."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from aiusage import (
    AsyncClient,
    Budget,
    BudgetAmount,
    BudgetExceeded,
    BudgetPeriod,
    Client,
    UnavailableError,
    Usage,
)
from aiusage.v1 import budget_service_pb2, types_pb2
from fake import cost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake import FakeService

EXPECTED = Usage(input_tokens=1000, output_tokens=500)


class OwnError(Exception):
    """One of the application's."""


@pytest.fixture
def client(fake: FakeService) -> Iterator[Client]:
    with Client(fake.address, "aiusage_any") as client:
        yield client


def test_a_record_settles_it(client: Client, fake: FakeService) -> None:
    with client.reserve(
        user_id="user-1",
        feature="chat",
        provider="openai",
        model="gpt-4o",
        job_id="job-1",
        tags={"plan": "pro"},
        price_context={"service_tier": "flex"},
        expected_usage=EXPECTED,
    ) as reservation:
        reservation.record(usage=Usage(input_tokens=1), feature="search", latency=timedelta(1))
    assert fake.names() == ["ReserveBudget", "RecordUsage"]
    reserved, record = fake.requests[0], fake.requests[1].record
    assert reserved.call.expected_usage.input_tokens == 1000
    assert not reserved.HasField("amount")
    assert record.reservation_id == reserved.reservation_id == reservation.reservation_id
    assert (record.user_id, record.provider, record.model) == ("user-1", "openai", "gpt-4o")
    assert (record.job_id, record.tags["plan"]) == ("job-1", "pro")
    assert record.price_context["service_tier"] == "flex"
    assert (record.feature, record.usage.input_tokens) == ("search", 1)
    assert record.latency.seconds == 86_400


def test_without_a_record_it_is_given_back(client: Client, fake: FakeService) -> None:
    with client.reserve(user_id="user-1", amount="1") as reservation:
        pass
    assert fake.names() == ["ReserveBudget", "CancelReservation"]
    assert fake.requests[1].reservation_id == reservation.reservation_id


def test_an_exception_gives_it_back_and_comes_through(client: Client, fake: FakeService) -> None:
    with pytest.raises(OwnError), client.reserve(user_id="user-1", amount="1"):
        raise OwnError
    assert fake.names() == ["ReserveBudget", "CancelReservation"]


def test_an_exception_is_not_hidden_by_a_failing_cancel(
    client: Client, fake: FakeService, caplog: pytest.LogCaptureFixture
) -> None:
    fake.failures["CancelReservation"] = 100
    with pytest.raises(OwnError), client.reserve(user_id="user-1", amount="1") as reservation:
        raise OwnError
    (event,) = caplog.records
    assert (event.name, event.levelno) == ("aiusage", logging.WARNING)
    assert reservation.reservation_id in event.getMessage()


def test_a_call_whose_record_failed_stays_reserved(client: Client, fake: FakeService) -> None:
    fake.failures["RecordUsage"] = 100
    with (
        pytest.raises(UnavailableError),
        client.reserve(user_id="user-1", amount="1") as reservation,
    ):
        reservation.record(usage=EXPECTED, model="gpt-4o")
    assert "CancelReservation" not in fake.names()


def test_a_record_that_is_tried_again_counts_once(client: Client, fake: FakeService) -> None:
    with client.reserve(user_id="user-1", model="gpt-4o", amount="1") as reservation:
        fake.failures["RecordUsage"] = 4
        with pytest.raises(UnavailableError):
            reservation.record(usage=EXPECTED)
        tried = {request.record.record_id for request in fake.requests[1:]}
        assert reservation.record(usage=EXPECTED).record_id in tried
        assert len(tried) == 1
        assert reservation.record(usage=EXPECTED).record_id not in tried


def test_a_wrong_record_is_no_record(client: Client, fake: FakeService) -> None:
    with (
        pytest.raises(TypeError),
        client.reserve(user_id="user-1", amount="1") as reservation,
    ):
        reservation.record(reported_cost=0.1)  # type: ignore[arg-type]
    assert fake.names() == ["ReserveBudget", "CancelReservation"]


def test_it_is_cancelled_once(client: Client, fake: FakeService) -> None:
    with client.reserve(user_id="user-1", amount="1") as reservation:
        reservation.cancel()
    assert fake.names() == ["ReserveBudget", "CancelReservation"]


def test_a_long_call_extends_it(client: Client, fake: FakeService) -> None:
    with client.reserve(user_id="user-1", amount="1", lease=timedelta(minutes=1)) as reservation:
        assert fake.requests[0].lease.seconds == 60
        reservation.extend(timedelta(hours=1))
        assert fake.requests[1].lease.seconds == 3600
        assert reservation.reservation.expire_time.timestamp() == 60
        reservation.extend()
        assert not fake.requests[2].HasField("lease")


def refusal() -> budget_service_pb2.BudgetRefusal:
    return budget_service_pb2.BudgetRefusal(
        budget_id="team-a",
        user_id="user-1",
        limit=cost("10"),
        used=cost("8.5"),
        reserved=cost("1"),
        requested=cost("2"),
        period=types_pb2.TimeRange(start_time=Timestamp(), end_time=Timestamp(seconds=60)),
    )


def test_a_refusal_is_an_error_with_its_numbers(client: Client, fake: FakeService) -> None:
    fake.refusal = refusal()
    with pytest.raises(BudgetExceeded) as caught, client.reserve(user_id="user-1", amount="2"):
        pytest.fail("the call must not be made")
    error = caught.value
    assert (error.budget_id, error.user_id) == ("team-a", "user-1")
    assert (error.limit, error.used) == (BudgetAmount(cost="10"), BudgetAmount(cost="8.5"))
    assert (error.reserved, error.requested) == (BudgetAmount(cost="1"), BudgetAmount(cost="2"))
    assert error.period.end_time.timestamp() == 60
    assert fake.names() == ["ReserveBudget"]


def test_a_refusal_is_an_answer_where_the_caller_decides(client: Client, fake: FakeService) -> None:
    fake.refusal = refusal()
    admission = client.reserve_budget(user_id="user-1", amount="2")
    assert not admission.admitted
    assert admission.refusal is not None
    assert admission.refusal.requested == BudgetAmount(cost="2")


def test_a_retry_has_the_same_id(client: Client, fake: FakeService) -> None:
    fake.failures["ReserveBudget"] = 2
    with client.reserve(user_id="user-1", amount="1") as reservation:
        ids = [request.reservation_id for request in fake.requests]
        assert ids == [reservation.reservation_id] * 3
        assert uuid.UUID(ids[0]).version == 7


def test_what_would_be_made_twice_is_not_repeated(client: Client, fake: FakeService) -> None:
    fake.failures["CreateWebhook"] = 1
    with pytest.raises(UnavailableError):
        client.create_webhook("https://a.example")
    fake.failures["CreateBudget"] = 1
    budget = client.create_budget(
        Budget(period=BudgetPeriod("day"), limit=BudgetAmount(requests=1))
    )
    assert fake.names() == ["CreateWebhook", "CreateBudget", "CreateBudget"]
    assert fake.requests[1].budget.budget_id == fake.requests[2].budget.budget_id
    assert budget.budget_id == fake.requests[1].budget.budget_id


def test_the_async_client_does_the_same(fake: FakeService) -> None:
    async def run() -> None:
        async with AsyncClient(fake.address, "aiusage_any") as client:
            fake.failures["ReserveBudget"] = 1
            async with client.reserve(user_id="user-1", model="gpt-4o", amount="1") as settled:
                await settled.extend(timedelta(hours=1))
                await settled.record(usage=EXPECTED)
            first, second, _, record = fake.requests
            assert first.reservation_id == second.reservation_id == settled.reservation_id
            assert record.record.reservation_id == settled.reservation_id
            assert record.record.model == "gpt-4o"

            fake.requests.clear()
            with pytest.raises(OwnError):
                async with client.reserve(user_id="user-1", amount="1"):
                    raise OwnError
            assert fake.names() == ["ReserveBudget", "CancelReservation"]

            fake.refusal = refusal()
            with pytest.raises(BudgetExceeded):
                async with client.reserve(user_id="user-1", amount="1"):
                    pytest.fail("the call must not be made")

    asyncio.run(run())


def test_a_cancelled_task_gives_it_back(fake: FakeService) -> None:
    async def run() -> None:
        async with AsyncClient(fake.address, "aiusage_any") as client:
            reserved = asyncio.Event()

            async def call() -> None:
                async with client.reserve(user_id="user-1", amount="1"):
                    reserved.set()
                    await asyncio.sleep(60)

            task = asyncio.create_task(call())
            await reserved.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert fake.names() == ["ReserveBudget", "CancelReservation"]
