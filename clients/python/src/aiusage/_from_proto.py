"""Turns proto messages into answers. Both clients use it."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from . import answers
from .values import Money, TimeRange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.timestamp_pb2 import Timestamp

    from aiusage.v1 import pricing_service_pb2 as pricing_pb
    from aiusage.v1 import types_pb2 as types_pb
    from aiusage.v1 import usage_service_pb2 as usage_pb


def receipt(message: usage_pb.Receipt) -> answers.Receipt:
    """Proof that a record is durable."""
    return answers.Receipt(
        record_id=message.record_id,
        record_time=_time(message.record_time),
        duplicate=message.duplicate,
        cost=_money(message.cost) if message.HasField("cost") else None,
        cost_status=_cost_status(message.cost_status),
        price_set_id=message.price_set_id,
    )


def record_result(
    message: usage_pb.RecordResult, index: int, record_id: str
) -> answers.RecordResult:
    """What became of the record at `index` of the whole batch."""
    return answers.RecordResult(
        index=index,
        record_id=record_id,
        duplicate=receipt(message.duplicate) if message.HasField("duplicate") else None,
        refusal=_refusal(message.refusal) if message.HasField("refusal") else None,
    )


def user_cost(message: usage_pb.GetUserCostResponse) -> answers.UserCost:
    """What one user's AI calls cost."""
    return answers.UserCost(
        user_id=message.user_id,
        range=_time_range(message.range),
        time_zone=message.time_zone,
        totals=_totals(message.totals),
        by_day=_breakdowns(message.by_day),
        by_feature=_breakdowns(message.by_feature),
        by_provider=_breakdowns(message.by_provider),
        by_model=_breakdowns(message.by_model),
    )


def budget_status(message: usage_pb.CheckBudgetResponse) -> answers.BudgetStatus:
    """Whether a user may make the next call."""
    return answers.BudgetStatus(
        allowed=message.allowed,
        over_budget=message.over_budget,
        spent=_money(message.spent),
        limit=_money(message.limit),
        remaining=_money(message.remaining),
        percent_used=Decimal(message.percent_used) if message.percent_used else None,
        range=_time_range(message.range),
        unpriced_count=message.unpriced_count,
        partial_count=message.partial_count,
        time_zone=message.time_zone,
    )


def cau_windows(message: usage_pb.GetCauResponse) -> tuple[answers.CauWindow, ...]:
    """Cost per active user, window by window."""
    return tuple(_cau_window(window) for window in message.windows)


def resolved_price(message: pricing_pb.GetPriceResponse) -> answers.ResolvedPrice:
    """The price of one model, and how its name was found."""
    return answers.ResolvedPrice(price=model_price(message.price), resolved_by=message.resolved_by)


def model_price(message: pricing_pb.ModelPrice) -> answers.ModelPrice:
    """One model with the prices in force at a time."""
    since, until = message.effective_from_time, message.effective_to_time
    return answers.ModelPrice(
        provider=message.provider,
        model=message.model,
        price_set_id=message.price_set_id,
        effective_from_time=_time(since) if message.HasField("effective_from_time") else None,
        effective_to_time=_time(until) if message.HasField("effective_to_time") else None,
        free=message.free,
        rates=tuple(_rate(rate) for rate in message.rates),
        origin=_price_origin(message.origin),
        source=message.source,
    )


def _rate(message: pricing_pb.Rate) -> answers.Rate:
    tiered = message.HasField("above_input_tokens")
    return answers.Rate(
        meter=message.meter,
        above_input_tokens=message.above_input_tokens if tiered else None,
        price=_money(message.price),
        per=message.per,
    )


def _refusal(message: usage_pb.Refusal) -> answers.Refusal:
    return answers.Refusal(
        reason=message.reason,
        message=message.message,
        violations=tuple(
            answers.FieldViolation(field=wrong.field, description=wrong.description)
            for wrong in message.violations
        ),
    )


def _cau_window(message: usage_pb.CauWindow) -> answers.CauWindow:
    return answers.CauWindow(
        days=message.days,
        range=_time_range(message.range),
        cost_per_active_user=_money(message.cost_per_active_user),
        active_user_count=message.active_user_count,
        total_cost=_money(message.total_cost),
        unpriced_count=message.unpriced_count,
        partial_count=message.partial_count,
        time_zone=message.time_zone,
    )


def _breakdowns(
    messages: Iterable[usage_pb.UsageBreakdown],
) -> tuple[answers.UsageBreakdown, ...]:
    return tuple(
        answers.UsageBreakdown(key=message.key, totals=_totals(message.totals))
        for message in messages
    )


def _totals(message: types_pb.UsageTotals) -> answers.UsageTotals:
    return answers.UsageTotals(
        cost=_money(message.cost),
        request_count=message.request_count,
        error_count=message.error_count,
        cached_count=message.cached_count,
        unpriced_count=message.unpriced_count,
        partial_count=message.partial_count,
        input_tokens=message.input_tokens,
        output_tokens=message.output_tokens,
        cache_read_tokens=message.cache_read_tokens,
        cache_write_tokens=message.cache_write_tokens,
        output_reasoning_tokens=message.output_reasoning_tokens,
    )


def _cost_status(number: int) -> answers.CostStatus:
    """A newer service may know more statuses than this client."""
    try:
        return answers.CostStatus(number)
    except ValueError:
        return answers.CostStatus.UNSPECIFIED


def _price_origin(number: int) -> answers.PriceOrigin:
    """A newer service may know more statuses than this client."""
    try:
        return answers.PriceOrigin(number)
    except ValueError:
        return answers.PriceOrigin.UNSPECIFIED


def _money(message: types_pb.Money) -> Money:
    return Money(amount=Decimal(message.amount), currency_code=message.currency_code)


def _time_range(message: types_pb.TimeRange) -> TimeRange:
    return TimeRange(start_time=_time(message.start_time), end_time=_time(message.end_time))


def _time(message: Timestamp) -> datetime:
    return message.ToDatetime(tzinfo=timezone.utc)
