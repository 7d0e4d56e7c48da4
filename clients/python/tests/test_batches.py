"""Batches with a real server, for both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from aiusage import (
    AsyncClient,
    BatchResult,
    Client,
    Money,
    UnauthenticatedError,
    Usage,
    UsageRecord,
)
from proxy import Proxy, proxy_to

if TYPE_CHECKING:
    from server import Server

Send: TypeAlias = Callable[[str, str, Iterable[UsageRecord]], BatchResult]


def send(address: str, api_key: str, records: Iterable[UsageRecord]) -> BatchResult:
    with Client(address, api_key) as client:
        return client.record_usage_batch(records, timeout=120)


def send_async(address: str, api_key: str, records: Iterable[UsageRecord]) -> BatchResult:
    async def run() -> BatchResult:
        async with AsyncClient(address, api_key) as client:
            return await client.record_usage_batch(records, timeout=120)

    return asyncio.run(run())


both_clients = pytest.mark.parametrize("send", [send, send_async])


def calls(user_id: str, count: int, **fields: Any) -> list[UsageRecord]:
    usage = Usage(input_tokens=1000, output_tokens=500)
    return [
        UsageRecord(user_id=user_id, provider="openai", model="gpt-4o", usage=usage, **fields)
        for _ in range(count)
    ]


@both_clients
def test_a_bad_record_is_a_result(send: Send, server: Server, client: Client, user_id: str) -> None:
    records = calls(user_id, 1203)
    records[3] = replace(records[3], user_id="")
    client.record_usage(records[600])
    client.record_usage(records[1100])
    records[1100] = replace(records[1100], feature="changed")

    result = send(server.address, server.api_key, records)

    assert (result.stored_count, result.duplicate_count, result.refused_count) == (1200, 1, 2)
    bad, known, reused = result.results
    assert (bad.index, known.index, reused.index) == (3, 600, 1100)
    assert bad.refusal is not None
    assert bad.refusal.reason == "INVALID_FIELDS"
    assert [wrong.field for wrong in bad.refusal.violations] == ["user_id"]
    assert known.record_id == records[600].record_id
    assert known.refusal is None
    assert known.duplicate is not None
    assert known.duplicate.cost == Money(Decimal("0.0075"))
    assert reused.refusal is not None
    assert reused.refusal.reason == "RECORD_ID_REUSED"
    totals = client.get_user_cost(user_id).totals
    assert (totals.request_count, totals.cost.amount) == (1202, Decimal("9.015"))


@both_clients
def test_large_records_flow_both_ways(
    send: Send, server: Server, client: Client, user_id: str
) -> None:
    """More bytes than any window holds, in both directions: every record is answered."""
    records = calls(user_id, 2000, request_metadata={"note": "x" * 4000})
    assert send(server.address, server.api_key, records).stored_count == 2000
    assert send(server.address, server.api_key, records).duplicate_count == 2000
    assert client.get_user_cost(user_id).totals.request_count == 2000


@both_clients
def test_an_empty_batch(send: Send, server: Server) -> None:
    assert send(server.address, server.api_key, []) == BatchResult(0, 0, 0, ())


@both_clients
def test_a_broken_connection_loses_and_doubles_nothing(
    send: Send, server: Server, client: Client, user_id: str
) -> None:
    def with_cuts(proxy: Proxy) -> Iterator[UsageRecord]:
        for position, record in enumerate(calls(user_id, 12_000)):
            if position in (5_000, 9_000):
                proxy.cut()
            yield record

    with proxy_to(server.address) as proxy:
        result = send(proxy.address, server.api_key, with_cuts(proxy))
        assert proxy.cut_count == 2
    assert result.refused_count == 0
    assert result.stored_count + result.duplicate_count == 12_000
    assert client.get_user_cost(user_id).totals.request_count == 12_000


@both_clients
def test_a_failure_of_the_callers_own_comes_through(
    send: Send, server: Server, user_id: str
) -> None:
    def failing() -> Iterator[UsageRecord]:
        yield from calls(user_id, 700)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        send(server.address, server.api_key, failing())


@both_clients
def test_a_wrong_key_is_a_typed_error(send: Send, server: Server, user_id: str) -> None:
    with pytest.raises(UnauthenticatedError):
        send(server.address, "aiusage_wrong", calls(user_id, 1))
