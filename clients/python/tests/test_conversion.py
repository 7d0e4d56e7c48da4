"""What the client makes of its arguments before anything is sent."""

from __future__ import annotations

import inspect
import uuid
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, get_args

import pytest
from google.protobuf.json_format import MessageToDict

from aiusage import (
    AsyncClient,
    Client,
    CostStatus,
    Money,
    PlannedCall,
    PriceOrigin,
    TimeRange,
    TokenConvention,
    Usage,
    UsageRecord,
    _from_proto,
    _to_proto,
    alerts,
    answers,
    budgets,
    new_record_id,
    reservations,
)
from aiusage.records import PlannedCallFields, ReservedRecordFields, UsageRecordFields
from aiusage.v1 import (
    alert_service_pb2,
    budget_pb2,
    budget_service_pb2,
    pricing_service_pb2,
    types_pb2,
    usage_service_pb2,
)

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("0.00875"), "0.00875"),
        (Decimal("1E+3"), "1000"),
        (Decimal("3.6E-9"), "0.0000000036"),
        (Decimal("12345678901.123456789012345678"), "12345678901.123456789012345678"),
        (10, "10"),
        ("0.10", "0.10"),
        (Money(Decimal("2.5")), "2.5"),
    ],
)
def test_money_is_sent_to_the_last_digit(amount: Any, text: str) -> None:
    assert _to_proto.money(amount) == types_pb2.Money(amount=text, currency_code="USD")


@pytest.mark.parametrize("amount", [0.1, True, None, Money(0.1)])  # type: ignore[arg-type]
def test_money_is_never_a_float(amount: Any) -> None:
    with pytest.raises(TypeError, match="pass Decimal or str"):
        _to_proto.money(amount)


def test_a_float_is_refused_wherever_exactness_counts() -> None:
    client = Client("http://127.0.0.1:1", "aiusage_any")
    spent: Any = 0.1
    with pytest.raises(TypeError, match="pass Decimal or str"):
        client.check_budget("user-1", limit=spent)
    with pytest.raises(TypeError, match="pass Decimal or str"):
        client.check_budget("user-1", limit="1", estimated_cost=spent)
    with pytest.raises(TypeError, match="pass Decimal or str"):
        client.record_usage(user_id="user-1", reported_cost=spent)
    with pytest.raises(TypeError, match="pass Decimal or str"):
        client.record_usage(user_id="user-1", usage=Usage(other_meters={"audio_seconds": spent}))


def test_money_from_the_service_is_exact() -> None:
    answer = usage_service_pb2.CheckBudgetResponse(
        spent=types_pb2.Money(amount="12345678901.123456789012345678", currency_code="USD"),
        limit=types_pb2.Money(amount="0", currency_code="USD"),
        remaining=types_pb2.Money(amount="-0.000000000000000001", currency_code="USD"),
    )
    status = _from_proto.budget_check(answer)
    assert str(status.spent) == "12345678901.123456789012345678 USD"
    assert str(status.remaining) == "-0.000000000000000001 USD"
    assert status.percent_used is None


def test_zero_and_unknown_differ() -> None:
    usage = _to_proto.usage_record(UsageRecord(user_id="user-1", usage=Usage(input_tokens=0))).usage
    assert usage.HasField("input_tokens")
    assert not usage.HasField("output_tokens")


def test_a_record_is_sent_whole() -> None:
    record = _to_proto.usage_record(
        UsageRecord(
            user_id="user-1",
            event_time=NOON.astimezone(timezone(timedelta(hours=5, minutes=45))),
            latency=timedelta(milliseconds=850),
            usage=Usage(
                token_convention=TokenConvention.REASONING_EXCLUSIVE,
                raw_usage={"thoughtsTokenCount": 2, "promptTokensDetails": []},
            ),
            tags={"team": "search"},
            request_metadata={"nested": {"list": [1, "two", None]}},
            reported_cost="0.5",
            reservation_id="reservation-1",
        )
    )
    assert record.event_time.ToNanoseconds() == 1795348800123456000
    assert record.latency.ToMilliseconds() == 850
    assert record.usage.token_convention == usage_service_pb2.TOKEN_CONVENTION_REASONING_EXCLUSIVE
    raw_usage = MessageToDict(record.usage.raw_usage)
    assert raw_usage == {"thoughtsTokenCount": 2, "promptTokensDetails": []}
    assert dict(record.tags) == {"team": "search"}
    metadata = MessageToDict(record.request_metadata)
    assert metadata == {"nested": {"list": [1, "two", None]}}
    assert record.reported_cost.amount == "0.5"
    assert record.reservation_id == "reservation-1"
    assert not record.HasField("time_to_first_token")


def test_a_time_must_have_a_time_zone() -> None:
    with pytest.raises(ValueError, match="must have a time zone"):
        _to_proto.usage_record(UsageRecord(user_id="user-1", event_time=NOON.replace(tzinfo=None)))


def test_a_user_id_is_text() -> None:
    client = Client("http://127.0.0.1:1", "aiusage_any")
    primary_key: Any = 42
    for call in (
        lambda: client.record_usage(user_id=primary_key),
        lambda: client.get_user_cost(primary_key),
        lambda: client.check_budget(primary_key, limit="1"),
    ):
        with pytest.raises(TypeError, match="user_id must be a str, not int"):
            call()


def test_one_period_at_most() -> None:
    with pytest.raises(ValueError, match="not month and days"):
        _to_proto.get_user_cost_request("user-1", "2026-11", 7, None, "")
    request = _to_proto.get_user_cost_request("user-1", None, None, TimeRange(NOON, NOON), "")
    assert request.WhichOneof("period") == "range"
    assert _to_proto.get_user_cost_request("u", None, None, None, "").WhichOneof("period") is None


def test_a_record_or_its_fields() -> None:
    record = UsageRecord(user_id="user-1")
    with pytest.raises(TypeError, match="not both"):
        _to_proto.record_usage_request(record, {"user_id": "user-2"})


def test_a_record_has_its_id_from_the_start() -> None:
    record = UsageRecord(user_id="user-1")
    assert uuid.UUID(record.record_id).version == 7
    assert _to_proto.usage_record(record).record_id == record.record_id
    assert UsageRecord(user_id="user-1").record_id != record.record_id
    assert UsageRecord(user_id="user-1", record_id="given").record_id == "given"


def test_a_record_id_carries_its_time() -> None:
    record_id = uuid.UUID(new_record_id())
    assert record_id.variant == uuid.RFC_4122
    made = datetime.fromtimestamp((record_id.int >> 80) / 1000, timezone.utc)
    assert abs(datetime.now(timezone.utc) - made) < timedelta(seconds=5)


def test_a_status_of_a_newer_service_is_no_error() -> None:
    receipt = usage_service_pb2.Receipt(cost_status=99)  # type: ignore[arg-type]
    assert _from_proto.receipt(receipt).cost_status is CostStatus.UNSPECIFIED


@pytest.mark.parametrize(
    ("python_class", "message"),
    [
        (UsageRecord, usage_service_pb2.UsageRecord),
        (Usage, usage_service_pb2.Usage),
        (Money, types_pb2.Money),
        (TimeRange, types_pb2.TimeRange),
        (PlannedCall, budget_service_pb2.PlannedCall),
        (budgets.Budget, budget_pb2.Budget),
        (budgets.BudgetScope, budget_pb2.BudgetScope),
        (budgets.BudgetPeriod, budget_pb2.BudgetPeriod),
        (budgets.BudgetAmount, budget_pb2.BudgetAmount),
        (budgets.BudgetStatus, budget_pb2.BudgetStatus),
        (reservations.Admission, budget_service_pb2.ReserveBudgetResponse),
        (reservations.Reservation, budget_service_pb2.Reservation),
        (reservations.BudgetRefusal, budget_service_pb2.BudgetRefusal),
        (alerts.Alert, alert_service_pb2.Alert),
        (alerts.Webhook, alert_service_pb2.Webhook),
        (alerts.CreatedWebhook, alert_service_pb2.CreateWebhookResponse),
        (alerts.WebhookDelivery, alert_service_pb2.WebhookDelivery),
        (answers.Receipt, usage_service_pb2.Receipt),
        (answers.Refusal, usage_service_pb2.Refusal),
        (answers.FieldViolation, usage_service_pb2.FieldViolation),
        (answers.UserCost, usage_service_pb2.GetUserCostResponse),
        (answers.UsageTotals, types_pb2.UsageTotals),
        (answers.UsageBreakdown, usage_service_pb2.UsageBreakdown),
        (answers.BudgetCheck, usage_service_pb2.CheckBudgetResponse),
        (answers.CauWindow, usage_service_pb2.CauWindow),
        (answers.ResolvedPrice, pricing_service_pb2.GetPriceResponse),
        (answers.ModelPrice, pricing_service_pb2.ModelPrice),
        (answers.Rate, pricing_service_pb2.Rate),
    ],
)
def test_the_words_are_those_of_the_proto(python_class: Any, message: Any) -> None:
    words = {field.name for field in fields(python_class)}
    assert words == {field.name for field in message.DESCRIPTOR.fields}


@pytest.mark.parametrize(
    ("enum_class", "file"),
    [
        (CostStatus, types_pb2),
        (PriceOrigin, pricing_service_pb2),
        (TokenConvention, usage_service_pb2),
        (budgets.BudgetEnforcement, budget_pb2),
        (budgets.BudgetState, budget_pb2),
        (reservations.ReservationState, budget_service_pb2),
        (alerts.AlertKind, alert_service_pb2),
        (alerts.DeliveryState, alert_service_pb2),
    ],
)
def test_the_enums_are_those_of_the_proto(enum_class: Any, file: Any) -> None:
    values = file.DESCRIPTOR.enum_types_by_name[enum_class.__name__].values
    assert [member.value for member in enum_class] == [value.number for value in values]
    for member, value in zip(enum_class, values, strict=True):
        assert value.name.endswith(f"_{member.name}")


def test_the_cycles_are_those_of_the_proto() -> None:
    names = [name.removeprefix("BUDGET_CYCLE_") for name, _ in budget_pb2.BudgetCycle.items()]
    assert [cycle.upper() for cycle in get_args(budgets.BudgetCycle)] == names


@pytest.mark.parametrize("keywords", [UsageRecordFields, ReservedRecordFields])
def test_the_keywords_are_the_fields_of_a_record(keywords: Any) -> None:
    assert set(keywords.__annotations__) == {field.name for field in fields(UsageRecord)}


def test_the_keywords_are_the_fields_of_a_planned_call() -> None:
    assert set(PlannedCallFields.__annotations__) == {field.name for field in fields(PlannedCall)}


def verbs(client_class: type) -> dict[str, Any]:
    names = [name for name in dir(client_class) if not name.startswith("_")]
    return {name: getattr(client_class, name) for name in names}


def test_both_clients_have_the_same_verbs() -> None:
    ours, theirs = verbs(Client), verbs(AsyncClient)
    assert ours.keys() == theirs.keys()
    for name, verb in ours.items():
        twin = theirs[name]
        assert list(inspect.signature(verb).parameters) == list(
            inspect.signature(twin).parameters
        ), name
