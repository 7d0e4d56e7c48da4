"""Recording single calls with a real server."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import grpc
import pytest

from aiusage import (
    Client,
    CostStatus,
    InvalidArgumentError,
    Money,
    RecordIdReusedError,
    TokenConvention,
    UnauthenticatedError,
    Usage,
    UsageRecord,
)
from aiusage.v1 import usage_service_pb2
from aiusage.v1.usage_service_pb2_grpc import UsageServiceStub

if TYPE_CHECKING:
    from server import Server


def gpt_4o_call(user_id: str) -> UsageRecord:
    return UsageRecord(
        user_id=user_id,
        provider="openai",
        model="gpt-4o",
        usage=Usage(input_tokens=1000, output_tokens=500),
    )


def test_the_cost_is_exact(client: Client, user_id: str) -> None:
    receipt = client.record_usage(
        user_id=user_id,
        provider="openai",
        model="gpt-4o",
        usage=Usage(input_tokens=1000, output_tokens=500),
    )
    assert receipt.cost == Money(Decimal("0.0075"))
    assert str(receipt.cost) == "0.0075 USD"
    assert receipt.cost_status is CostStatus.PRICED
    assert receipt.price_set_id != 0
    assert not receipt.duplicate
    assert abs(receipt.record_time - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_every_field_of_a_record_is_taken(client: Client, user_id: str) -> None:
    receipt = client.record_usage(
        user_id=user_id,
        event_time=datetime.now(timezone.utc) - timedelta(days=1),
        feature="chat",
        function_name="answer",
        session_id="session-1",
        job_id="job-1",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        provider="openai",
        model="gpt-4o",
        response_model="gpt-4o",
        response_id="chatcmpl-1",
        operation="chat",
        api_url="https://api.openai.com/v1",
        usage=Usage(
            input_tokens=1000,
            output_tokens=500,
            cache_read_tokens=0,
            output_reasoning_tokens=0,
            other_meters={"audio_seconds": Decimal("12.5")},
            token_convention=TokenConvention.REASONING_EXCLUSIVE,
            raw_usage={
                "promptTokenCount": 1000,
                "candidatesTokenCount": 500,
                "details": [{"n": 1}],
            },
        ),
        latency=timedelta(milliseconds=850),
        time_to_first_token=timedelta(milliseconds=120),
        status="success",
        price_context={"service_tier": "default"},
        tags={"team": "search"},
        request_metadata={"temperature": 0.5, "tools": ["a", "b"]},
        response_metadata={"finish_reason": "stop"},
        reported_cost=Decimal("0.0075"),
    )
    assert receipt.cost is not None


def test_a_retry_is_a_duplicate_with_the_first_receipt(client: Client, user_id: str) -> None:
    record = gpt_4o_call(user_id)
    first = client.record_usage(record)
    second = client.record_usage(record)
    assert second == replace(first, duplicate=True)


def test_a_changed_retry_is_refused(client: Client, user_id: str) -> None:
    record = gpt_4o_call(user_id)
    client.record_usage(record)
    changed = replace(record, usage=Usage(input_tokens=1000, output_tokens=501))
    with pytest.raises(RecordIdReusedError) as caught:
        client.record_usage(changed)
    assert caught.value.code == "ALREADY_EXISTS"
    assert caught.value.reason == "RECORD_ID_REUSED"
    assert caught.value.metadata["record_id"] == record.record_id
    assert "usage.output_tokens" in caught.value.metadata["differing_fields"]
    assert client.get_user_cost(user_id).totals.cost == Money(Decimal("0.0075"))


def test_every_violation_is_told_at_once(client: Client) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        client.record_usage(
            user_id="", model="gpt-4o", usage=Usage(input_tokens=1, cache_read_tokens=2)
        )
    assert caught.value.reason == "INVALID_FIELDS"
    fields = {violation.field for violation in caught.value.violations}
    assert fields == {"record.user_id", "record.usage.cache_read_tokens"}
    for field in fields:
        assert str(caught.value).count(field) == 1


def test_an_unknown_model_has_no_cost_yet(client: Client, user_id: str) -> None:
    receipt = client.record_usage(user_id=user_id, provider="openai", model=f"model-of-{user_id}")
    assert receipt.cost is None
    assert receipt.cost_status is CostStatus.UNKNOWN_MODEL


def test_a_wrong_key_is_a_typed_error(server: Server) -> None:
    with (
        Client(server.address, "aiusage_wrong") as stranger,
        pytest.raises(UnauthenticatedError) as caught,
    ):
        stranger.get_user_cost("user-1")
    assert caught.value.reason == "API_KEY_INVALID"


def test_a_call_without_a_key_is_refused(server: Server) -> None:
    with grpc.insecure_channel(server.address.removeprefix("http://")) as channel:
        stub = UsageServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.GetUserCost(usage_service_pb2.GetUserCostRequest(user_id="user-1"), timeout=5)
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
