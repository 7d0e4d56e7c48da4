"""Turns proto messages into answers. Both clients use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _budgets_from_proto, answers
from . import _values_from_proto as _values
from .identity import Identity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiusage.v1 import admin_service_pb2 as admin_pb
    from aiusage.v1 import pricing_service_pb2 as pricing_pb
    from aiusage.v1 import types_pb2 as types_pb
    from aiusage.v1 import usage_service_pb2 as usage_pb


def receipt(message: usage_pb.Receipt) -> answers.Receipt:
    """Proof that a record is durable."""
    return answers.Receipt(
        record_id=message.record_id,
        record_time=_values.time(message.record_time),
        duplicate=message.duplicate,
        cost=_values.money(message.cost) if message.HasField("cost") else None,
        cost_status=_values.known(answers.CostStatus, message.cost_status),
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
        range=_values.time_range(message.range),
        time_zone=message.time_zone,
        totals=totals(message.totals),
        by_day=breakdowns(message.by_day),
        by_feature=breakdowns(message.by_feature),
        by_provider=breakdowns(message.by_provider),
        by_model=breakdowns(message.by_model),
        coverage=_values.coverage(message.coverage),
    )


def budget_check(message: usage_pb.CheckBudgetResponse) -> answers.BudgetCheck:
    """Whether a user may make the next call."""
    return answers.BudgetCheck(
        allowed=message.allowed,
        over_budget=message.over_budget,
        spent=_values.money(message.spent) if message.HasField("spent") else None,
        limit=_values.money(message.limit) if message.HasField("limit") else None,
        remaining=_values.money(message.remaining) if message.HasField("remaining") else None,
        percent_used=_values.percent(message.percent_used),
        range=_values.time_range(message.range) if message.HasField("range") else None,
        unpriced_count=message.unpriced_count,
        partial_count=message.partial_count,
        time_zone=message.time_zone,
        budgets=tuple(_budgets_from_proto.budget_status(each) for each in message.budgets),
        estimated_cost=(
            _values.money(message.estimated_cost) if message.HasField("estimated_cost") else None
        ),
    )


def cau_windows(message: usage_pb.GetCauResponse) -> tuple[answers.CauWindow, ...]:
    """Cost per active user, window by window."""
    return tuple(_cau_window(window) for window in message.windows)


def resolved_price(message: pricing_pb.GetPriceResponse) -> answers.ResolvedPrice:
    """The price of one model, and how its name was found."""
    return answers.ResolvedPrice(price=model_price(message.price), resolved_by=message.resolved_by)


def model_price(message: pricing_pb.ModelPrice) -> answers.ModelPrice:
    """One model with the prices in force at a time."""
    return answers.ModelPrice(
        provider=message.provider,
        model=message.model,
        price_set_id=message.price_set_id,
        effective_from_time=_values.optional_time(message, "effective_from_time"),
        effective_to_time=_values.optional_time(message, "effective_to_time"),
        free=message.free,
        rates=tuple(map(rate, message.rates)),
        origin=_values.known(answers.PriceOrigin, message.origin),
        source=message.source,
    )


def rate(message: pricing_pb.Rate) -> answers.Rate:
    """The price of one meter."""
    tiered = message.HasField("above_input_tokens")
    return answers.Rate(
        meter=message.meter,
        above_input_tokens=message.above_input_tokens if tiered else None,
        price=_values.money(message.price),
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
        range=_values.time_range(message.range),
        cost_per_active_user=_values.money(message.cost_per_active_user),
        active_user_count=message.active_user_count,
        total_cost=_values.money(message.total_cost),
        unpriced_count=message.unpriced_count,
        partial_count=message.partial_count,
        time_zone=message.time_zone,
        coverage=_values.coverage(message.coverage),
    )


def breakdowns(
    messages: Iterable[usage_pb.UsageBreakdown],
) -> tuple[answers.UsageBreakdown, ...]:
    """The parts of the totals."""
    return tuple(
        answers.UsageBreakdown(key=message.key, totals=totals(message.totals))
        for message in messages
    )


def totals(message: types_pb.UsageTotals) -> answers.UsageTotals:
    """Sums over a set of records."""
    return answers.UsageTotals(
        cost=_values.money(message.cost),
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


def identity(message: admin_pb.GetCallerResponse) -> Identity:
    """Whose key this is."""
    return Identity(
        tenant=message.tenant,
        time_zone=message.time_zone,
        key_id=message.key_id,
        user_id=message.user_id,
        operator=message.operator,
        version=message.version,
    )
