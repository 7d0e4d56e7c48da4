"""Budgets, reservations and alerts on their way to the service and back."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from aiusage import (
    AlertKind,
    Budget,
    BudgetAmount,
    BudgetEnforcement,
    BudgetExceeded,
    BudgetPeriod,
    BudgetRefusal,
    BudgetScope,
    BudgetState,
    Client,
    CreatedWebhook,
    Money,
    PlannedCall,
    TimeRange,
    Usage,
    Webhook,
    _alerts_from_proto,
    _budgets_from_proto,
    _budgets_to_proto,
    _from_proto,
    _to_proto,
)
from aiusage.v1 import (
    alert_service_pb2,
    budget_pb2,
    budget_service_pb2,
    types_pb2,
    usage_service_pb2,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
DAY = TimeRange(NOON, NOON + timedelta(days=1))
BUDGET = Budget(
    budget_id="team-a",
    display_name="Team A",
    scope=BudgetScope(
        user_id="user-1",
        each_user=True,
        feature="chat",
        provider="openai",
        model="gpt-4o",
        job_id="job-1",
        tags={"plan": "pro"},
    ),
    period=BudgetPeriod("month", anchor_day=15, time_zone="Asia/Kathmandu"),
    limit=BudgetAmount(cost="12.50"),
    enforcement=BudgetEnforcement.SOFT,
    threshold_percents=(50, 100),
    active_from_time=NOON,
    active_to_time=NOON + timedelta(days=30),
    replaces_budget_id="each-user",
    state=BudgetState.ACTIVE,
    etag="17",
    create_time=NOON,
    update_time=NOON,
)


def test_a_budget_comes_back_as_it_went() -> None:
    request = _budgets_to_proto.create_budget_request(BUDGET, validate_only=True)
    assert request.validate_only
    assert request.budget.period.cycle == budget_pb2.BUDGET_CYCLE_MONTH
    assert request.budget.limit.cost.amount == "12.50"
    assert _budgets_from_proto.budget(request.budget) == BUDGET


@pytest.mark.parametrize(
    "amount",
    [
        BudgetAmount(cost="0"),
        BudgetAmount(cost=Money(Decimal("-0.000000000000000001"))),
        BudgetAmount(tokens=10**18),
        BudgetAmount(tokens=0),
        BudgetAmount(requests=0),
        BudgetAmount(requests=3),
    ],
)
def test_an_amount_comes_back_as_it_went(amount: BudgetAmount) -> None:
    budget = Budget(period=BudgetPeriod("day"), limit=amount)
    request = _budgets_to_proto.create_budget_request(budget, validate_only=False)
    assert _budgets_from_proto.budget(request.budget).limit == amount


def test_an_amount_is_of_one_thing() -> None:
    with pytest.raises(ValueError, match="not cost and tokens"):
        BudgetAmount(cost="1", tokens=1)
    with pytest.raises(ValueError, match="not none"):
        BudgetAmount()


@pytest.mark.parametrize("spent", [0.1, True])
def test_a_limit_is_never_a_float(spent: Any) -> None:
    with pytest.raises(TypeError, match="pass Decimal or str"):
        BudgetAmount(cost=spent)
    with pytest.raises(ValueError, match="'ten' is no amount of money"):
        BudgetAmount(cost="ten")


def test_an_amount_reads_well() -> None:
    assert str(BudgetAmount(cost="1E+1")) == "10 USD"
    assert str(BudgetAmount(tokens=7)) == "7 tokens"
    assert str(BudgetAmount(requests=7)) == "7 requests"


def test_a_cycle_is_one_of_the_words() -> None:
    year: Any = "year"
    budget = Budget(period=BudgetPeriod(year), limit=BudgetAmount(requests=1))
    with pytest.raises(ValueError, match=r"one of day, week, .*, is 'year'"):
        _budgets_to_proto.create_budget_request(budget, validate_only=False)
    newer: Any = 99
    message = budget_pb2.Budget(period=budget_pb2.BudgetPeriod(cycle=newer))
    assert _budgets_from_proto.budget(message).period.cycle == "unspecified"


def test_a_new_budget_has_its_id_before_the_first_try() -> None:
    budget = Budget(period=BudgetPeriod("lifetime"), limit=BudgetAmount(requests=1))
    request = _budgets_to_proto.create_budget_request(budget, validate_only=False)
    assert 1 <= len(request.budget.budget_id) <= 64


def test_an_update_names_its_fields() -> None:
    request = _budgets_to_proto.update_budget_request(BUDGET, ["limit", "scope"], False)
    assert list(request.update_mask.paths) == ["limit", "scope"]
    assert request.budget.etag == "17"
    with pytest.raises(TypeError, match=r"pass \['limit'\]"):
        _budgets_to_proto.update_budget_request(BUDGET, "limit", False)


def test_a_planned_call_is_sent_whole() -> None:
    call = PlannedCall(
        user_id="user-1",
        feature="chat",
        provider="openai",
        model="gpt-4o",
        job_id="job-1",
        tags={"plan": "pro"},
        expected_usage=Usage(input_tokens=1000),
        price_context={"service_tier": "flex"},
    )
    asked = _to_proto.check_budget_request(call, None, None, None, 7, None, "")
    assert not asked.HasField("limit")
    assert asked.days == 7
    reserved = _budgets_to_proto.reserve_budget_request(
        call, "0.10", timedelta(seconds=90), "reservation-1"
    )
    assert (reserved.reservation_id, reserved.amount.amount) == ("reservation-1", "0.10")
    assert reserved.lease.seconds == 90
    for sent in (asked, reserved.call):
        assert (sent.user_id, sent.feature, sent.job_id) == ("user-1", "chat", "job-1")
        assert (sent.provider, sent.model, sent.tags["plan"]) == ("openai", "gpt-4o", "pro")
        assert sent.expected_usage.input_tokens == 1000
        assert sent.price_context["service_tier"] == "flex"


def test_unknown_usage_is_not_sent() -> None:
    request = _budgets_to_proto.reserve_budget_request(PlannedCall(user_id="u"), "1", None, "")
    assert not request.call.HasField("expected_usage")
    assert not request.HasField("lease")


def test_a_misspelt_field_is_no_field() -> None:
    client = Client("http://127.0.0.1:1", "aiusage_any")
    misspelt: Any = {"modle": "gpt-4o"}
    with pytest.raises(TypeError, match="modle"):
        client.check_budget("user-1", **misspelt)
    with pytest.raises(TypeError, match="modle"), client.reserve(user_id="user-1", **misspelt):
        pass


def test_a_check_without_any_limit_of_costs() -> None:
    status = _status(budget_pb2.BudgetAmount(tokens=5), exhaustion_time=Timestamp(seconds=1))
    check = _from_proto.budget_check(
        usage_service_pb2.CheckBudgetResponse(allowed=True, budgets=[status])
    )
    assert (check.spent, check.limit, check.remaining) == (None, None, None)
    assert (check.percent_used, check.estimated_cost, check.range) == (None, None, None)
    (budget,) = check.budgets
    assert budget.used == BudgetAmount(tokens=5)
    assert budget.burn_rate_per_day == Decimal("0.5")
    assert budget.exhaustion_time == datetime.fromtimestamp(1, timezone.utc)
    assert budget.percent_used is None


def _status(amount: budget_pb2.BudgetAmount, **rest: Any) -> budget_pb2.BudgetStatus:
    return budget_pb2.BudgetStatus(
        budget=budget_pb2.Budget(limit=amount),
        used=amount,
        reserved=amount,
        remaining=amount,
        burn_rate_per_day="0.5",
        **rest,
    )


def test_a_refusal_is_an_error_that_a_person_understands() -> None:
    refusal = BudgetRefusal(
        budget_id="team-a",
        user_id="user-1",
        limit=BudgetAmount(cost="10"),
        used=BudgetAmount(cost="8.50"),
        reserved=BudgetAmount(cost="1"),
        requested=BudgetAmount(cost="2"),
        period=DAY,
    )
    error = BudgetExceeded(refusal)
    assert str(error) == (
        "BUDGET_EXCEEDED: budget team-a of user user-1 has no room for 2 USD: of 10 USD, "
        "8.50 USD are used and 1 USD are reserved, in the period until 2026-11-23T12:00:00+00:00"
    )
    always = replace(refusal, period=TimeRange(NOON, NOON + timedelta(days=365_000)))
    assert str(BudgetExceeded(always)).endswith(" are reserved, without an end of the period")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is BudgetExceeded
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_an_alert_about_a_model_has_no_budget() -> None:
    message = alert_service_pb2.Alert(
        alert_id="alert-1",
        kind=alert_service_pb2.ALERT_KIND_UNPRICED_USAGE,
        provider="openai",
        model="gpt-99",
    )
    alert = _alerts_from_proto.alert(message)
    assert alert.kind is AlertKind.UNPRICED_USAGE
    assert (alert.period, alert.used, alert.limit, alert.acknowledge_time) == (None,) * 4


def test_a_secret_is_not_printed() -> None:
    webhook = Webhook(webhook_id="1", url="https://a.example", kinds=(), create_time=None)
    created = CreatedWebhook(webhook=webhook, secret="whsec_hidden")
    assert "whsec_hidden" not in repr(created)


def test_a_reservation_that_ended() -> None:
    message = budget_service_pb2.Reservation(
        reservation_id="reservation-1",
        state=budget_service_pb2.RESERVATION_STATE_SETTLED,
        amount=types_pb2.Money(amount="0.10", currency_code="USD"),
        budget_ids=["a", "b"],
        end_time=Timestamp(seconds=1),
        record_id="record-1",
    )
    reservation = _budgets_from_proto.reservation(message)
    assert reservation.amount == Money(Decimal("0.10"))
    assert reservation.budget_ids == ("a", "b")
    assert reservation.end_time == datetime.fromtimestamp(1, timezone.utc)
