"""Turns proto messages about the log of records into answers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict

from . import _costs_from_proto, _from_proto, log
from . import _values_from_proto as _values
from .answers import CostStatus
from .records import TokenConvention, Usage, UsageRecord

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from aiusage.v1 import analytics_service_pb2 as analytics_pb
    from aiusage.v1 import usage_service_pb2 as usage_pb

_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "cache_audio_read_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "web_searches",
)


def usage_page(message: analytics_pb.ListUsageResponse) -> log.UsagePage:
    """One page of the log."""
    return log.UsagePage(
        records=tuple(map(usage_entry, message.records)),
        next_page_token=message.next_page_token,
        range=_values.time_range(message.range),
        totals=_from_proto.totals(message.totals) if message.HasField("totals") else None,
        coverage=_values.coverage(message.coverage),
    )


def failure_page(message: analytics_pb.ListFailuresResponse) -> log.FailurePage:
    """One page of what failed."""
    return log.FailurePage(
        records=tuple(map(usage_entry, message.records)),
        next_page_token=message.next_page_token,
        range=_values.time_range(message.range),
        causes=tuple(map(_cause, message.causes)),
        coverage=_values.coverage(message.coverage),
    )


def usage_detail(message: analytics_pb.GetUsageResponse) -> log.UsageDetail:
    """One record with all that was sent."""
    return log.UsageDetail(
        record=usage_record(message.record),
        entry=usage_entry(message.entry),
        record_time=_values.time(message.record_time),
        explanation=_costs_from_proto.explanation(message.explanation),
    )


def usage_entry(message: analytics_pb.UsageEntry) -> log.UsageEntry:
    """A record in short."""
    return log.UsageEntry(
        record_id=message.record_id,
        event_time=_values.time(message.event_time),
        user_id=message.user_id,
        user_display_name=message.user_display_name,
        feature=message.feature,
        function_name=message.function_name,
        session_id=message.session_id,
        job_id=message.job_id,
        provider=message.provider,
        model=message.model,
        response_model=message.response_model,
        input_tokens=_values.optional_int(message, "input_tokens"),
        output_tokens=_values.optional_int(message, "output_tokens"),
        cache_read_tokens=_values.optional_int(message, "cache_read_tokens"),
        cache_write_tokens=_values.optional_int(message, "cache_write_tokens"),
        output_reasoning_tokens=_values.optional_int(message, "output_reasoning_tokens"),
        latency=_values.optional_duration(message, "latency"),
        time_to_first_token=_values.optional_duration(message, "time_to_first_token"),
        status=message.status,
        error_message=message.error_message,
        cached_response=message.cached_response,
        cost=_values.optional_money(message, "cost"),
        cost_status=_values.known(CostStatus, message.cost_status),
        tags=dict(message.tags),
    )


def usage_record(message: usage_pb.UsageRecord) -> UsageRecord:
    """A record, field by field."""
    return UsageRecord(
        record_id=message.record_id,
        event_time=_values.optional_time(message, "event_time"),
        user_id=message.user_id,
        feature=message.feature,
        function_name=message.function_name,
        session_id=message.session_id,
        job_id=message.job_id,
        trace_id=message.trace_id,
        span_id=message.span_id,
        provider=message.provider,
        model=message.model,
        response_model=message.response_model,
        response_id=message.response_id,
        operation=message.operation,
        api_url=message.api_url,
        usage=_usage(message.usage),
        latency=_values.optional_duration(message, "latency"),
        time_to_first_token=_values.optional_duration(message, "time_to_first_token"),
        status=message.status,
        error_message=message.error_message,
        cached_response=message.cached_response,
        price_context=dict(message.price_context),
        tags=dict(message.tags),
        request_metadata=_optional_json(message, "request_metadata"),
        response_metadata=_optional_json(message, "response_metadata"),
        reported_cost=_values.optional_money(message, "reported_cost"),
        reservation_id=message.reservation_id,
    )


def _usage(message: usage_pb.Usage) -> Usage:
    counts: dict[str, Any] = {name: _values.optional_int(message, name) for name in _COUNTS}
    return Usage(
        **counts,
        other_meters={key: Decimal(count) for key, count in message.other_meters.items()},
        token_convention=_values.known(TokenConvention, message.token_convention),
        raw_usage=_optional_json(message, "raw_usage"),
    )


def _cause(message: analytics_pb.FailureCause) -> log.FailureCause:
    return log.FailureCause(
        status=message.status,
        error_message=message.error_message,
        request_count=message.request_count,
        last_event_time=_values.time(message.last_event_time),
    )


def _optional_json(message: Message, field: str) -> dict[str, Any] | None:
    """The object in a field of a message; None where it is absent."""
    return MessageToDict(getattr(message, field)) if message.HasField(field) else None
