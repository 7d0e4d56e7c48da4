"""Budgets, reservations and alerts with a real server."""

from __future__ import annotations

import asyncio
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from aiusage import (
    AiusageError,
    AlertKind,
    AsyncClient,
    Budget,
    BudgetAmount,
    BudgetEnforcement,
    BudgetExceeded,
    BudgetPeriod,
    BudgetScope,
    BudgetState,
    Client,
    DeliveryState,
    InvalidArgumentError,
    Money,
    NotFoundError,
    ReservationState,
    Usage,
    new_record_id,
)

if TYPE_CHECKING:
    from aiusage import Alert
    from server import Server

# Costs $0.0075 with gpt-4o.
USAGE = Usage(input_tokens=1000, output_tokens=500)
GPT_4O: Any = {"provider": "openai", "model": "gpt-4o"}


def usd(amount: str) -> Money:
    return Money(Decimal(amount))


def cost(amount: str) -> BudgetAmount:
    return BudgetAmount(cost=amount)


def budget_of(user_id: str, limit: str | BudgetAmount, **fields: Any) -> Budget:
    return Budget(
        scope=BudgetScope(user_id=user_id),
        period=BudgetPeriod("month"),
        limit=cost(limit) if isinstance(limit, str) else limit,
        **fields,
    )


def test_the_life_of_a_budget(client: Client, user_id: str) -> None:
    budget_id = f"month-{uuid.uuid4()}"
    asked = Budget(
        budget_id=budget_id,
        display_name="The month of one user",
        scope=BudgetScope(user_id=user_id, feature="chat", tags={"plan": "pro"}),
        period=BudgetPeriod("month", anchor_day=15, time_zone="Asia/Kathmandu"),
        limit=cost("10"),
        enforcement=BudgetEnforcement.SOFT,
        threshold_percents=(90,),
    )
    made = client.create_budget(asked)
    assert made.state is BudgetState.ACTIVE
    assert made.etag
    assert made.create_time is not None
    of_the_service: Any = {
        "state": asked.state,
        "etag": "",
        "create_time": None,
        "update_time": None,
    }
    assert replace(made, active_from_time=None, **of_the_service) == asked
    assert client.get_budget(budget_id) == made
    assert made in list(client.list_budgets())
    assert list(client.list_budgets(user_id=user_id)) == [made]
    with pytest.raises(AiusageError) as caught:
        client.create_budget(asked)
    assert caught.value.reason == "BUDGET_EXISTS"

    raised = client.update_budget(
        replace(made, limit=cost("20"), display_name="x"), fields=["limit"]
    )
    assert (raised.limit, raised.display_name) == (cost("20"), made.display_name)
    assert raised.scope == made.scope
    with pytest.raises(AiusageError) as caught:
        client.update_budget(replace(made, limit=cost("30")), fields=["limit"])
    assert (caught.value.code, caught.value.reason) == ("ABORTED", "ETAG_MISMATCH")

    client.delete_budget(budget_id, etag=raised.etag)
    with pytest.raises(NotFoundError) as caught:
        client.get_budget(budget_id)
    assert caught.value.reason == "BUDGET_NOT_FOUND"


@pytest.mark.parametrize(
    "period",
    [
        BudgetPeriod("day"),
        BudgetPeriod("week", anchor_day=3),
        BudgetPeriod("month"),
        BudgetPeriod("quarter", anchor_day=31, time_zone="Europe/Berlin"),
        BudgetPeriod("lifetime"),
        BudgetPeriod("rolling_days", rolling_days=30),
    ],
)
def test_every_kind_of_period(client: Client, user_id: str, period: BudgetPeriod) -> None:
    made = client.create_budget(
        Budget(scope=BudgetScope(user_id=user_id), period=period, limit=cost("0.001"))
    )
    assert made.period.cycle == period.cycle
    assert made.period.rolling_days == period.rolling_days
    (status,) = client.budget_statuses(budget_id=made.budget_id)
    assert status.period.start_time <= datetime.now(timezone.utc) <= status.period.end_time
    with pytest.raises(BudgetExceeded) as caught, client.reserve(user_id=user_id, amount="1"):
        pytest.fail("the call must not be made")
    assert caught.value.period == status.period


def test_only_asking_makes_nothing(client: Client, user_id: str) -> None:
    said = client.create_budget(budget_of(user_id, "1"), validate_only=True)
    assert said.limit == cost("1")
    assert list(client.list_budgets(user_id=user_id)) == []
    with pytest.raises(InvalidArgumentError) as caught:
        client.create_budget(budget_of(user_id, "-1"), validate_only=True)
    assert [wrong.field for wrong in caught.value.violations] == ["budget.limit.cost"]


def test_how_budgets_stand(client: Client, user_id: str) -> None:
    client.record_usage(user_id=user_id, usage=USAGE, **GPT_4O)
    made = client.create_budget(budget_of(user_id, "0.01"))
    tokens = client.create_budget(budget_of(user_id, BudgetAmount(tokens=2000)))
    calls = client.create_budget(budget_of(user_id, BudgetAmount(requests=3)))
    client.reserve_budget(user_id=user_id, amount="0.001")

    (status,) = client.budget_statuses(budget_id=made.budget_id)
    assert status.budget == made
    assert status.used == cost("0.0075")
    assert status.reserved == cost("0.001")
    assert status.remaining == cost("0.0015")
    assert status.percent_used == Decimal(75)
    assert status.burn_rate_per_day > 0
    assert status.allowed

    by_id = {status.budget.budget_id: status for status in client.budget_statuses(user_id=user_id)}
    assert by_id.keys() == {made.budget_id, tokens.budget_id, calls.budget_id}
    assert by_id[tokens.budget_id].used == BudgetAmount(tokens=1500)
    assert by_id[calls.budget_id].used == BudgetAmount(requests=1)
    assert by_id[calls.budget_id].reserved == BudgetAmount(requests=1)
    one_by_one = list(client.budget_statuses(user_id=user_id, page_size=1))
    assert [status.budget.budget_id for status in one_by_one] == list(by_id)


def test_each_user_has_the_limit_alone(client: Client, user_id: str) -> None:
    job_id = f"job-{user_id}"
    made = client.create_budget(
        Budget(
            scope=BudgetScope(each_user=True, job_id=job_id),
            period=BudgetPeriod("day"),
            limit=cost("0.01"),
        )
    )
    try:
        for each, count in ((f"{user_id}-1", 1), (f"{user_id}-2", 2)):
            for _ in range(count):
                client.record_usage(user_id=each, job_id=job_id, usage=USAGE, **GPT_4O)
        statuses = list(client.budget_statuses(budget_id=made.budget_id))
        assert [(status.user_id, status.used) for status in statuses] == [
            (f"{user_id}-2", cost("0.015")),
            (f"{user_id}-1", cost("0.0075")),
        ]
        with (
            pytest.raises(BudgetExceeded) as caught,
            client.reserve(user_id=f"{user_id}-2", job_id=job_id, amount="0.001"),
        ):
            pytest.fail("the call must not be made")
        assert caught.value.user_id == f"{user_id}-2"
    finally:
        # It would be among the budgets of every other test's user.
        client.delete_budget(made.budget_id)


def test_a_check_looks_at_budgets(client: Client, user_id: str) -> None:
    unlimited = client.check_budget(user_id)
    assert unlimited.allowed
    assert (unlimited.spent, unlimited.limit, unlimited.remaining) == (None, None, None)
    made = client.create_budget(budget_of(user_id, "0.01"))
    client.record_usage(user_id=user_id, usage=USAGE, **GPT_4O)

    check = client.check_budget(user_id, expected_usage=USAGE, **GPT_4O)
    assert not check.allowed
    assert check.estimated_cost == usd("0.0075")
    assert (check.spent, check.limit) == (usd("0.0075"), usd("0.01"))
    assert check.remaining == usd("0.0025")
    (status,) = check.budgets
    assert status.budget == made
    assert not status.allowed
    assert client.check_budget(user_id, estimated_cost="0.0025").allowed
    assert not client.check_budget(user_id, limit="0.005").allowed


def test_a_record_settles_a_reservation(client: Client, user_id: str) -> None:
    made = client.create_budget(budget_of(user_id, "0.01"))
    with client.reserve(user_id=user_id, expected_usage=USAGE, **GPT_4O) as reservation:
        assert reservation.reservation.amount == usd("0.0075")
        assert reservation.reservation.tokens == 1500
        assert reservation.reservation.budget_ids == (made.budget_id,)
        assert reservation.reservation.state is ReservationState.HELD
        assert not client.check_budget(user_id, estimated_cost="0.005").allowed
        receipt = reservation.record(usage=Usage(input_tokens=1000, output_tokens=0))
    assert receipt.cost == usd("0.0025")
    settled = client.get_reservation(reservation.reservation_id)
    assert settled.state is ReservationState.SETTLED
    assert settled.record_id == receipt.record_id
    assert settled.end_time is not None
    (status,) = client.budget_statuses(budget_id=made.budget_id)
    assert (status.used, status.reserved) == (cost("0.0025"), cost("0"))


def test_an_exception_gives_a_reservation_back(client: Client, user_id: str) -> None:
    made = client.create_budget(budget_of(user_id, "0.01"))
    with pytest.raises(RuntimeError), client.reserve(user_id=user_id, amount="0.01") as held:
        raise RuntimeError("the model is away")
    assert client.get_reservation(held.reservation_id).state is ReservationState.CANCELLED
    (status,) = client.budget_statuses(budget_id=made.budget_id)
    assert status.reserved == cost("0")


def test_a_refusal_has_its_numbers(client: Client, user_id: str) -> None:
    made = client.create_budget(budget_of(user_id, "0.01"))
    client.record_usage(user_id=user_id, usage=USAGE, **GPT_4O)
    with (
        client.reserve(user_id=user_id, amount="0.001"),
        pytest.raises(BudgetExceeded) as caught,
        client.reserve(user_id=user_id, amount="0.0016"),
    ):
        pytest.fail("the call must not be made")
    error = caught.value
    assert (error.budget_id, error.user_id) == (made.budget_id, "")
    assert (error.limit, error.used) == (cost("0.01"), cost("0.0075"))
    assert (error.reserved, error.requested) == (cost("0.001"), cost("0.0016"))
    assert error.period.start_time < datetime.now(timezone.utc) < error.period.end_time
    assert made.budget_id in str(error)


def test_many_at_once_stay_inside(client: Client, user_id: str) -> None:
    made = client.create_budget(budget_of(user_id, "0.05"))

    def call(_: int) -> bool:
        admission = client.reserve_budget(user_id=user_id, amount="0.01", timeout=30)
        return admission.admitted

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(call, range(16))) == 5
    (status,) = client.budget_statuses(budget_id=made.budget_id)
    assert (status.reserved, status.remaining) == (cost("0.05"), cost("0"))


def test_a_retry_reserves_once(client: Client, user_id: str) -> None:
    made = client.create_budget(budget_of(user_id, "0.01"))
    reservation_id = new_record_id()
    first, second = (
        client.reserve_budget(user_id=user_id, amount="0.004", reservation_id=reservation_id)
        for _ in range(2)
    )
    assert first == second
    assert first.reservation.reservation_id == reservation_id
    (status,) = client.budget_statuses(budget_id=made.budget_id)
    assert status.reserved == cost("0.004")
    with pytest.raises(AiusageError) as caught:
        client.reserve_budget(user_id=user_id, amount="0.005", reservation_id=reservation_id)
    assert caught.value.reason == "RESERVATION_ID_REUSED"


def test_a_lease_is_extended_until_it_ends(client: Client, user_id: str) -> None:
    with client.reserve(user_id=user_id, amount="1", lease=timedelta(minutes=1)) as reservation:
        first = reservation.reservation
        assert first.expire_time - first.create_time == timedelta(minutes=1)
        assert reservation.extend(timedelta(hours=1)).expire_time > first.expire_time
        reservation.cancel()
        with pytest.raises(AiusageError) as caught:
            reservation.extend()
    assert caught.value.reason == "RESERVATION_ENDED"
    with pytest.raises(NotFoundError) as caught:
        client.cancel_reservation(new_record_id())
    assert caught.value.reason == "RESERVATION_NOT_FOUND"


def test_what_has_no_price_cannot_be_reserved(client: Client, user_id: str) -> None:
    with (
        pytest.raises(NotFoundError) as caught,
        client.reserve(user_id=user_id, model=f"of-{user_id}", expected_usage=USAGE),
    ):
        pytest.fail("the call must not be made")
    assert caught.value.reason == "PRICE_NOT_FOUND"


def alerts_of(client: Client, budget_id: str, count: int) -> list[Alert]:
    """They come a moment after what they are about."""
    give_up = time.monotonic() + 20
    while True:
        alerts = list(client.list_alerts(budget_id=budget_id))
        if len(alerts) >= count or time.monotonic() > give_up:
            return alerts
        time.sleep(0.1)


def test_alerts(client: Client, user_id: str) -> None:
    made = client.create_budget(budget_of(user_id, "0.01", threshold_percents=(50, 100)))
    client.record_usage(user_id=user_id, usage=USAGE, **GPT_4O)
    (half,) = alerts_of(client, made.budget_id, 1)
    assert (half.kind, half.threshold_percent) == (AlertKind.THRESHOLD, 50)
    assert (half.used, half.limit) == (cost("0.0075"), cost("0.01"))
    assert half.period is not None
    assert half.message
    client.record_usage(user_id=user_id, usage=USAGE, **GPT_4O)
    exhausted, _ = alerts_of(client, made.budget_id, 2)
    assert (exhausted.kind, exhausted.threshold_percent) == (AlertKind.EXHAUSTED, 100)

    seen = client.acknowledge_alert(half.alert_id)
    assert seen.acknowledge_time is not None
    assert client.acknowledge_alert(half.alert_id) == seen
    open_ones = client.list_alerts(budget_id=made.budget_id, unacknowledged_only=True)
    assert list(open_ones) == [exhausted]
    assert list(client.list_alerts(budget_id=made.budget_id, kind=AlertKind.THRESHOLD)) == [seen]
    with pytest.raises(NotFoundError) as caught:
        client.acknowledge_alert(new_record_id())
    assert caught.value.reason == "ALERT_NOT_FOUND"


def test_alerts_as_they_come(client: Client, user_id: str) -> None:
    def exhaust() -> str:
        made = client.create_budget(budget_of(user_id, "0.001", threshold_percents=(100,)))
        client.record_usage(user_id=user_id, usage=USAGE, **GPT_4O)
        return made.budget_id

    first_id = exhaust()
    with client.watch_alerts() as watch:
        first = next(alert for alert in watch if alert.budget_id == first_id)
        assert first.kind is AlertKind.EXHAUSTED
        # Of the same user: this alert is raised after the watch began.
        second_id = exhaust()
        assert next(alert for alert in watch if alert.budget_id == second_id)
        token = watch.resume_token
    client.acknowledge_alert(first.alert_id)
    with client.watch_alerts(resume_token=token) as watch:
        changed = next(alert for alert in watch if alert.budget_id == first_id)
        assert changed.acknowledge_time is not None


def test_webhooks(client: Client) -> None:
    kinds = [AlertKind.ANOMALY]
    url = f"https://hooks.example.com/{uuid.uuid4()}"
    assert client.create_webhook(url, kinds=kinds, validate_only=True).secret == ""
    created = client.create_webhook(url, kinds=kinds)
    assert created.secret.startswith("whsec_")
    assert (created.webhook.url, created.webhook.kinds) == (url, (AlertKind.ANOMALY,))
    webhook_id = created.webhook.webhook_id
    assert created.webhook in client.list_webhooks()
    assert list(client.list_webhook_deliveries(webhook_id)) == []
    assert list(client.list_webhook_deliveries(webhook_id, state=DeliveryState.DEAD)) == []
    assert client.replay_webhook(webhook_id) == 0
    client.delete_webhook(webhook_id)
    with pytest.raises(NotFoundError) as caught:
        client.delete_webhook(webhook_id)
    assert caught.value.reason == "WEBHOOK_NOT_FOUND"


def test_the_async_client_has_the_same_answers(
    server: Server, client: Client, user_id: str
) -> None:
    async def run() -> None:
        async with AsyncClient(server.address, server.api_key) as twin:
            made = await twin.create_budget(budget_of(user_id, "0.01", threshold_percents=(100,)))
            assert await twin.get_budget(made.budget_id) == client.get_budget(made.budget_id)
            assert [each async for each in twin.list_budgets(user_id=user_id)] == [made]
            async with twin.reserve(user_id=user_id, expected_usage=USAGE, **GPT_4O) as reservation:
                await reservation.record(usage=USAGE)
            settled = await twin.get_reservation(reservation.reservation_id)
            assert settled.state is ReservationState.SETTLED
            with pytest.raises(BudgetExceeded) as caught:
                async with twin.reserve(user_id=user_id, expected_usage=USAGE, **GPT_4O):
                    pytest.fail("the call must not be made")
            assert caught.value.budget_id == made.budget_id
            (status,) = [each async for each in twin.budget_statuses(budget_id=made.budget_id)]
            assert status.used == cost("0.0075")
            async with twin.watch_alerts() as watch:
                async for alert in watch:
                    if alert.budget_id == made.budget_id:
                        break
            assert (await twin.acknowledge_alert(alert.alert_id)).acknowledge_time is not None
            listed = [each async for each in twin.list_alerts(budget_id=made.budget_id)]
            assert listed == list(client.list_alerts(budget_id=made.budget_id))
            raised = await twin.update_budget(replace(made, limit=cost("1")), fields=["limit"])
            await twin.delete_budget(made.budget_id, etag=raised.etag)

    asyncio.run(run())
