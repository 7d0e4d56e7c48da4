"""Turns proto messages about how costs came about into answers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from . import _values_from_proto as _values
from . import costs
from .answers import CostStatus

if TYPE_CHECKING:
    from aiusage.v1 import cost_service_pb2 as cost_pb


def explanation(message: cost_pb.ExplainCostResponse) -> costs.CostExplanation:
    """How one record's cost came about."""
    return costs.CostExplanation(
        record_id=message.record_id,
        user_id=message.user_id,
        event_time=_values.time(message.event_time),
        record_time=_values.time(message.record_time),
        provider=message.provider,
        model=message.model,
        response_model=message.response_model,
        priced_provider=message.priced_provider,
        priced_model=message.priced_model,
        resolved_by=message.resolved_by,
        cost=_values.optional_money(message, "cost"),
        cost_status=_values.known(CostStatus, message.cost_status),
        lines=tuple(map(_line, message.lines)),
        sources=tuple(map(_source, message.sources)),
        recorded_cost=_values.optional_money(message, "recorded_cost"),
        recorded_cost_status=_values.known(CostStatus, message.recorded_cost_status),
        revisions=tuple(map(_revision, message.revisions)),
        reported_cost=_values.optional_money(message, "reported_cost"),
        reported_difference=_values.optional_money(message, "reported_difference"),
        own_cost=_values.optional_money(message, "own_cost"),
        unpriced_meters=tuple(message.unpriced_meters),
        price_context=dict(message.price_context),
    )


def estimate(message: cost_pb.CostEstimate) -> costs.CostEstimate:
    """What a planned call would cost with one model."""
    return costs.CostEstimate(
        requested_provider=message.choice.provider,
        requested_model=message.choice.model,
        provider=message.provider,
        model=message.model,
        resolved_by=message.resolved_by,
        cost=_values.optional_money(message, "cost"),
        cost_status=_values.known(CostStatus, message.cost_status),
        lines=tuple(map(_line, message.lines)),
    )


def _line(message: cost_pb.CostLine) -> costs.CostLine:
    return costs.CostLine(
        meter=message.meter,
        reported_quantity=Decimal(message.reported_quantity),
        quantity=Decimal(message.quantity),
        price=_values.money(message.price),
        per=message.per,
        above_input_tokens=_values.optional_int(message, "above_input_tokens"),
        price_set_id=message.price_set_id,
        cost=_values.money(message.cost),
        rounded=message.rounded,
    )


def _source(message: cost_pb.CostSource) -> costs.CostSource:
    return costs.CostSource(
        price_set_id=message.price_set_id,
        origin=message.origin,
        source=message.source,
        terms=dict(message.terms),
        effective_from_time=_values.optional_time(message, "effective_from_time"),
        effective_to_time=_values.optional_time(message, "effective_to_time"),
    )


def _revision(message: cost_pb.CostRevision) -> costs.CostRevision:
    return costs.CostRevision(
        revision=message.revision,
        old_cost=_values.optional_money(message, "old_cost"),
        old_cost_status=_values.known(CostStatus, message.old_cost_status),
        cost=_values.optional_money(message, "cost"),
        cost_status=_values.known(CostStatus, message.cost_status),
        price_set_id=message.price_set_id,
        record_time=_values.time(message.record_time),
        repricing_id=message.repricing_id,
        reason=message.reason,
        created_by=message.created_by,
    )
