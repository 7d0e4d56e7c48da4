"""Turns what calls about budgets and reservations take into proto messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from google.protobuf.field_mask_pb2 import FieldMask

from aiusage.v1 import budget_pb2 as budget_pb
from aiusage.v1 import budget_service_pb2 as service_pb

from . import _to_proto
from ._ids import new_record_id
from .budgets import BudgetCycle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from .budgets import Budget, BudgetAmount, BudgetPeriod, BudgetScope
    from .records import PlannedCall
    from .values import Amount

_CYCLES: tuple[BudgetCycle, ...] = get_args(BudgetCycle)


def create_budget_request(budget: Budget, validate_only: bool) -> service_pb.CreateBudgetRequest:
    """A budget has its id before the first try, so that no retry makes a second one."""
    message = _budget(budget)
    message.budget_id = message.budget_id or new_record_id()
    return service_pb.CreateBudgetRequest(budget=message, validate_only=validate_only)


def update_budget_request(
    budget: Budget, fields: Iterable[str], validate_only: bool
) -> service_pb.UpdateBudgetRequest:
    """Only the fields that are named change."""
    if isinstance(fields, str):
        raise TypeError(f"fields must be a list of names: pass [{fields!r}]")
    return service_pb.UpdateBudgetRequest(
        budget=_budget(budget), update_mask=FieldMask(paths=fields), validate_only=validate_only
    )


def reserve_budget_request(
    call: PlannedCall, amount: Amount | None, lease: timedelta | None, reservation_id: str
) -> service_pb.ReserveBudgetRequest:
    """A reservation has its id before the first try, so that no retry sets aside twice."""
    return service_pb.ReserveBudgetRequest(
        reservation_id=reservation_id or new_record_id(),
        call=service_pb.PlannedCall(**_to_proto.planned_call(call)),
        amount=_to_proto.optional_money(amount),
        lease=_to_proto.duration(lease),
    )


def _budget(budget: Budget) -> budget_pb.Budget:
    return budget_pb.Budget(
        budget_id=budget.budget_id,
        display_name=budget.display_name,
        scope=_scope(budget.scope),
        period=_period(budget.period),
        limit=_amount(budget.limit),
        enforcement=budget_pb.BudgetEnforcement.ValueType(budget.enforcement.value),
        threshold_percents=budget.threshold_percents,
        active_from_time=_to_proto.timestamp(budget.active_from_time),
        active_to_time=_to_proto.timestamp(budget.active_to_time),
        replaces_budget_id=budget.replaces_budget_id,
        state=budget_pb.BudgetState.ValueType(budget.state.value),
        etag=budget.etag,
        create_time=_to_proto.timestamp(budget.create_time),
        update_time=_to_proto.timestamp(budget.update_time),
    )


def _scope(scope: BudgetScope) -> budget_pb.BudgetScope:
    return budget_pb.BudgetScope(
        user_id=_to_proto.user_id(scope.user_id),
        each_user=scope.each_user,
        feature=scope.feature,
        provider=scope.provider,
        model=scope.model,
        job_id=scope.job_id,
        tags=scope.tags,
    )


def _period(period: BudgetPeriod) -> budget_pb.BudgetPeriod:
    if period.cycle not in _CYCLES:
        raise ValueError(f"cycle must be one of {', '.join(_CYCLES[1:])}, is {period.cycle!r}")
    return budget_pb.BudgetPeriod(
        cycle=budget_pb.BudgetCycle.ValueType(_CYCLES.index(period.cycle)),
        anchor_day=period.anchor_day,
        rolling_days=period.rolling_days,
        time_zone=period.time_zone,
    )


def _amount(amount: BudgetAmount) -> budget_pb.BudgetAmount:
    if amount.cost is not None:
        return budget_pb.BudgetAmount(cost=_to_proto.money(amount.cost))
    if amount.tokens is not None:
        return budget_pb.BudgetAmount(tokens=amount.tokens)
    # One of the three is given: BudgetAmount sees to it.
    return budget_pb.BudgetAmount(requests=amount.requests or 0)
