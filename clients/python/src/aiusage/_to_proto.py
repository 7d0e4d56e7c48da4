"""Turns what calls take into proto messages. Both clients use it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from aiusage.v1 import cost_service_pb2 as cost_pb
from aiusage.v1 import pricing_service_pb2 as pricing_pb
from aiusage.v1 import types_pb2 as types_pb
from aiusage.v1 import usage_service_pb2 as usage_pb

from .records import UsageRecord
from .values import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from .records import PlannedCall, Usage
    from .values import Amount, TimeRange


def record_usage_request(
    record: UsageRecord | None, fields: Mapping[str, Any]
) -> usage_pb.RecordUsageRequest:
    """From a record or from its fields, but not both."""
    if record is None:
        record = UsageRecord(**fields)
    elif fields:
        raise TypeError("pass a record or its fields, not both")
    return usage_pb.RecordUsageRequest(record=usage_record(record))


def get_user_cost_request(
    user: str, month: str | None, days: int | None, range: TimeRange | None, time_zone: str
) -> usage_pb.GetUserCostRequest:
    """The period is one of month, days and range, or none of them."""
    return usage_pb.GetUserCostRequest(
        user_id=user_id(user),
        time_zone=time_zone,
        **period(month, days, range),
    )


def check_budget_request(
    call: PlannedCall,
    limit: Amount | None,
    estimated_cost: Amount | None,
    month: str | None,
    days: int | None,
    range: TimeRange | None,
    time_zone: str,
) -> usage_pb.CheckBudgetRequest:
    """The period is one of month, days and range, or none of them."""
    return usage_pb.CheckBudgetRequest(
        limit=optional_money(limit),
        estimated_cost=optional_money(estimated_cost),
        time_zone=time_zone,
        **period(month, days, range),
        **planned_call(call),
    )


def get_cau_request(
    days: Iterable[int], ranges: Iterable[TimeRange], time_zone: str
) -> usage_pb.GetCauRequest:
    """Windows of days first, then ranges."""
    return usage_pb.GetCauRequest(
        days=days, ranges=[time_range(each) for each in ranges], time_zone=time_zone
    )


def list_prices_request(
    provider: str, model_contains: str, effective_time: datetime | None, page_size: int
) -> pricing_pb.ListPricesRequest:
    """The first page; the next ones differ in their page_token alone."""
    return pricing_pb.ListPricesRequest(
        provider=provider,
        model_contains=model_contains,
        effective_time=timestamp(effective_time),
        page_size=page_size,
    )


def get_price_request(
    model: str,
    provider: str,
    effective_time: datetime | None,
    price_context: Mapping[str, str] | None,
) -> pricing_pb.GetPriceRequest:
    """Names spelled as in a record."""
    return pricing_pb.GetPriceRequest(
        provider=provider,
        model=model,
        effective_time=timestamp(effective_time),
        price_context=price_context,
    )


def estimate_cost_request(
    models: Iterable[tuple[str, str]],
    usage: Usage,
    price_context: Mapping[str, str] | None,
    event_time: datetime | None,
) -> cost_pb.EstimateCostRequest:
    """A planned call with each of several models."""
    return cost_pb.EstimateCostRequest(
        models=[cost_pb.ModelChoice(provider=provider, model=model) for provider, model in models],
        usage=_usage(usage),
        price_context=price_context,
        event_time=timestamp(event_time),
    )


def usage_record(record: UsageRecord) -> usage_pb.UsageRecord:
    """A record, field by field."""
    return usage_pb.UsageRecord(
        record_id=record.record_id,
        event_time=timestamp(record.event_time),
        user_id=user_id(record.user_id),
        feature=record.feature,
        function_name=record.function_name,
        session_id=record.session_id,
        job_id=record.job_id,
        trace_id=record.trace_id,
        span_id=record.span_id,
        provider=record.provider,
        model=record.model,
        response_model=record.response_model,
        response_id=record.response_id,
        operation=record.operation,
        api_url=record.api_url,
        usage=_usage(record.usage),
        latency=duration(record.latency),
        time_to_first_token=duration(record.time_to_first_token),
        status=record.status,
        error_message=record.error_message,
        cached_response=record.cached_response,
        price_context=record.price_context,
        tags=record.tags,
        request_metadata=_struct(record.request_metadata),
        response_metadata=_struct(record.response_metadata),
        reported_cost=optional_money(record.reported_cost),
        reservation_id=record.reservation_id,
    )


def planned_call(call: PlannedCall) -> dict[str, Any]:
    """The fields of a planned call, which messages carry as their own or in one of theirs."""
    return {
        "user_id": user_id(call.user_id),
        "feature": call.feature,
        "provider": call.provider,
        "model": call.model,
        "job_id": call.job_id,
        "tags": call.tags,
        "expected_usage": None if call.expected_usage is None else _usage(call.expected_usage),
        "price_context": call.price_context,
    }


def optional_money(amount: Amount | None) -> types_pb.Money | None:
    """An amount of money, where there is one."""
    return None if amount is None else money(amount)


def money(amount: Amount) -> types_pb.Money:
    """An amount of money, exactly."""
    if isinstance(amount, Money):
        return types_pb.Money(
            amount=exact_decimal(amount.amount), currency_code=amount.currency_code
        )
    return types_pb.Money(amount=exact_decimal(amount), currency_code="USD")


def exact_decimal(value: Decimal | int | str) -> str:
    """The decimal string of a value; text is left for the service to judge."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        # Format "f" writes no exponent and no digit that is not there.
        return f"{value:f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"must be exact: pass Decimal or str, not {type(value).__name__}")


def timestamp(time: datetime | None) -> Timestamp | None:
    """A time, which must say in which time zone it is."""
    if time is None:
        return None
    if time.utcoffset() is None:
        raise ValueError(f"a time must have a time zone, {time.isoformat()} has none")
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp


def duration(time: timedelta | None) -> Duration | None:
    """A length of time."""
    if time is None:
        return None
    message = Duration()
    message.FromTimedelta(time)
    return message


def user_id(given: str) -> str:
    """Says what is wrong with a database key, which protobuf would not."""
    if not isinstance(given, str):
        raise TypeError(f"user_id must be a str, not {type(given).__name__}: pass str(user_id)")
    return given


def _usage(usage: Usage) -> usage_pb.Usage:
    return usage_pb.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        output_reasoning_tokens=usage.output_reasoning_tokens,
        input_audio_tokens=usage.input_audio_tokens,
        output_audio_tokens=usage.output_audio_tokens,
        cache_audio_read_tokens=usage.cache_audio_read_tokens,
        input_image_tokens=usage.input_image_tokens,
        output_image_tokens=usage.output_image_tokens,
        web_searches=usage.web_searches,
        other_meters={key: exact_decimal(value) for key, value in usage.other_meters.items()},
        token_convention=usage_pb.TokenConvention.ValueType(usage.token_convention.value),
        raw_usage=_struct(usage.raw_usage),
    )


def period(month: str | None, days: int | None, range: TimeRange | None) -> dict[str, Any]:
    """The one that is given, under its name."""
    periods = {"month": month, "days": days, "range": range and time_range(range)}
    given = {name: period for name, period in periods.items() if period is not None}
    if len(given) > 1:
        raise ValueError(f"pass one of month, days and range, not {' and '.join(given)}")
    return given


def time_range(range: TimeRange) -> types_pb.TimeRange:
    """A half-open range."""
    return types_pb.TimeRange(
        start_time=timestamp(range.start_time), end_time=timestamp(range.end_time)
    )


def _struct(content: Mapping[str, Any] | None) -> Struct | None:
    if content is None:
        return None
    struct = Struct()
    struct.update(content)
    return struct
