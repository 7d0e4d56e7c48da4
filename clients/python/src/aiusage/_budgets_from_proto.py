"""Turns proto messages about budgets and reservations into answers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from . import _values_from_proto as _values
from . import budgets, reservations

if TYPE_CHECKING:
    from aiusage.v1 import budget_pb2 as budget_pb
    from aiusage.v1 import budget_service_pb2 as service_pb

_CYCLES: tuple[budgets.BudgetCycle, ...] = get_args(budgets.BudgetCycle)


def budget(message: budget_pb.Budget) -> budgets.Budget:
    """A budget, field by field."""
    return budgets.Budget(
        budget_id=message.budget_id,
        display_name=message.display_name,
        scope=_scope(message.scope),
        period=_period(message.period),
        limit=amount(message.limit),
        enforcement=_values.known(budgets.BudgetEnforcement, message.enforcement),
        threshold_percents=tuple(message.threshold_percents),
        active_from_time=_values.optional_time(message, "active_from_time"),
        active_to_time=_values.optional_time(message, "active_to_time"),
        replaces_budget_id=message.replaces_budget_id,
        state=_values.known(budgets.BudgetState, message.state),
        etag=message.etag,
        create_time=_values.optional_time(message, "create_time"),
        update_time=_values.optional_time(message, "update_time"),
    )


def amount(message: budget_pb.BudgetAmount) -> budgets.BudgetAmount:
    """The one of cost, tokens and requests that is set."""
    unit = message.WhichOneof("amount")
    if unit == "cost":
        return budgets.BudgetAmount(cost=_values.money(message.cost))
    if unit == "tokens":
        return budgets.BudgetAmount(tokens=message.tokens)
    return budgets.BudgetAmount(requests=message.requests)


def budget_status(message: budget_pb.BudgetStatus) -> budgets.BudgetStatus:
    """How a budget stands."""
    return budgets.BudgetStatus(
        budget=budget(message.budget),
        user_id=message.user_id,
        period=_values.time_range(message.period),
        used=amount(message.used),
        reserved=amount(message.reserved),
        remaining=amount(message.remaining),
        percent_used=_values.percent(message.percent_used),
        burn_rate_per_day=Decimal(message.burn_rate_per_day or 0),
        exhaustion_time=_values.optional_time(message, "exhaustion_time"),
        allowed=message.allowed,
        unpriced_count=message.unpriced_count,
        partial_count=message.partial_count,
    )


def admission(message: service_pb.ReserveBudgetResponse) -> reservations.Admission:
    """Whether a call may be made."""
    return reservations.Admission(
        admitted=message.admitted,
        reservation=reservation(message.reservation),
        refusal=_refusal(message.refusal) if message.HasField("refusal") else None,
    )


def reservation(message: service_pb.Reservation) -> reservations.Reservation:
    """An amount that is set aside."""
    return reservations.Reservation(
        reservation_id=message.reservation_id,
        state=_values.known(reservations.ReservationState, message.state),
        amount=_values.money(message.amount),
        tokens=message.tokens,
        budget_ids=tuple(message.budget_ids),
        create_time=_values.time(message.create_time),
        expire_time=_values.time(message.expire_time),
        end_time=_values.optional_time(message, "end_time"),
        record_id=message.record_id,
    )


def _refusal(message: service_pb.BudgetRefusal) -> reservations.BudgetRefusal:
    return reservations.BudgetRefusal(
        budget_id=message.budget_id,
        user_id=message.user_id,
        limit=amount(message.limit),
        used=amount(message.used),
        reserved=amount(message.reserved),
        requested=amount(message.requested),
        period=_values.time_range(message.period),
    )


def _scope(message: budget_pb.BudgetScope) -> budgets.BudgetScope:
    return budgets.BudgetScope(
        user_id=message.user_id,
        each_user=message.each_user,
        feature=message.feature,
        provider=message.provider,
        model=message.model,
        job_id=message.job_id,
        tags=dict(message.tags),
    )


def _period(message: budget_pb.BudgetPeriod) -> budgets.BudgetPeriod:
    return budgets.BudgetPeriod(
        # A newer service may know more cycles than this client.
        _CYCLES[message.cycle] if message.cycle < len(_CYCLES) else "unspecified",
        anchor_day=message.anchor_day,
        rolling_days=message.rolling_days,
        time_zone=message.time_zone,
    )
