"""Questions about usage as a whole, with a real server."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from aiusage import (
    AsyncClient,
    Client,
    Dimension,
    Interval,
    InvalidArgumentError,
    Money,
    NotFoundError,
    Usage,
    UsageFilter,
    UsageRecord,
)

if TYPE_CHECKING:
    from server import Server

# Each call costs 0.0075.
USAGE = Usage(input_tokens=1000, output_tokens=500)


def usd(amount: str) -> Money:
    return Money(Decimal(amount))


def calls_of(user_id: str) -> list[UsageRecord]:
    """Three calls now, of which one failed, and one of the last week."""

    def call(
        feature: str, ago: timedelta = timedelta(), status: str = "", error: str = ""
    ) -> UsageRecord:
        return UsageRecord(
            user_id=user_id,
            feature=feature,
            function_name=f"{feature}-function",
            job_id=f"job of {user_id}",
            session_id=f"session of {user_id}",
            provider="openai",
            model="gpt-4o",
            usage=USAGE,
            latency=timedelta(milliseconds=1500),
            tags={"team": "red"},
            status=status,
            error_message=error,
            event_time=datetime.now(timezone.utc) - ago,
        )

    return [
        call("chat"),
        call("chat", status="timeout", error="took too long"),
        call("search"),
        call("search", ago=timedelta(days=7)),
    ]


@pytest.fixture
def mine(client: Client, user_id: str) -> UsageFilter:
    """The records of a user who made four calls."""
    client.record_usage_batch(calls_of(user_id))
    client.upsert_user(user_id, display_name=f"Ada {user_id}", email=f"{user_id}@example.org")
    return UsageFilter(user_ids=[user_id])


def test_stats(client: Client, mine: UsageFilter) -> None:
    stats = client.get_stats(filter=mine, days=3, time_zone="Asia/Kathmandu")
    assert stats.time_zone == "Asia/Kathmandu"
    assert stats.current.totals.cost == usd("0.0225")
    assert stats.current.totals.error_count == 1
    assert stats.current.success_percent == Decimal("66.6667")
    assert stats.current.active_user_count == 1
    assert stats.current.latency.count == 3
    assert stats.current.latency.mean == timedelta(milliseconds=1500)
    assert stats.previous.totals.request_count == 0
    assert stats.previous.success_percent is None
    assert stats.previous.latency.p50 is None
    assert stats.today.totals.request_count + stats.yesterday.totals.request_count == 3
    assert stats.coverage.complete


def test_a_breakdown_adds_up(client: Client, mine: UsageFilter) -> None:
    by_feature = client.get_breakdown(Dimension.FEATURE, filter=mine, days=3)
    assert [(row.key, row.totals.cost) for row in by_feature.rows] == [
        ("chat", usd("0.015")),
        ("search", usd("0.0075")),
    ]
    assert by_feature.rows[0].cost_percent == Decimal("66.6667")
    assert by_feature.rest is None
    first = client.get_breakdown(Dimension.FEATURE, top=1, filter=mine, days=3)
    assert first.rest is not None
    assert first.rest_count == 1
    assert first.rest.cost == usd("0.0075")
    assert first.totals == by_feature.totals


def test_a_breakdown_by_two_and_by_label(client: Client, mine: UsageFilter, user_id: str) -> None:
    pairs = client.get_breakdown(Dimension.USER, Dimension.STATUS, filter=mine, days=3)
    assert {row.keys for row in pairs.rows} == {(user_id, "success"), (user_id, "timeout")}
    assert pairs.rows[0].display_names == (f"Ada {user_id}", "")
    by_team = client.get_breakdown(Dimension.TAG, tag_key="team", filter=mine, days=3)
    assert [row.key for row in by_team.rows] == ["red"]


def test_a_series_has_no_gaps(client: Client, mine: UsageFilter) -> None:
    series = client.get_time_series(Interval.DAY, split_by=Dimension.FEATURE, filter=mine, days=9)
    assert len(series.step_times) == len(series.step_names) == 9
    assert {each.key for each in series.series} == {"chat", "search"}
    assert sum(each.totals.request_count for each in series.series) == 4
    assert all(len(each.points) == 9 for each in series.series)
    assert series.totals.cost == usd("0.03")
    whole = client.get_time_series(filter=mine, days=9)
    assert whole.interval is Interval.DAY
    assert [point.request_count for point in whole.series[0].points].count(0) >= 6


def test_the_log_page_by_page(client: Client, mine: UsageFilter) -> None:
    records = list(client.list_usage(filter=mine, page_size=1))
    assert len(records) == 4
    assert [each.event_time for each in records] == sorted(
        (each.event_time for each in records), reverse=True
    )
    first = client.list_usage_page(filter=mine, page_size=3)
    assert first.records == tuple(records[:3])
    assert first.totals is not None
    assert first.totals.cost == usd("0.03")
    second = client.list_usage_page(filter=mine, page_size=3, page_token=first.next_page_token)
    assert second.records == (records[3],)
    assert second.next_page_token == ""
    assert second.totals is None


def test_the_log_is_searched(client: Client, mine: UsageFilter, user_id: str) -> None:
    assert len(list(client.list_usage(search=f"{user_id}@EXAMPLE"))) == 4
    assert len(list(client.list_usage(search=f"SESSION OF {user_id}"))) == 4
    assert list(client.list_usage(filter=mine, search="no such thing")) == []


def test_one_record_and_its_cost(client: Client, user_id: str) -> None:
    sent = UsageRecord(
        user_id=user_id,
        provider="openai",
        model="gpt-4o",
        usage=Usage(input_tokens=1000, output_tokens=500, other_meters={"audio_seconds": "1.5"}),
        latency=timedelta(seconds=2),
        tags={"team": "red"},
        request_metadata={"temperature": 0.5, "stop": ["a"]},
        reported_cost="0.01",
    )
    client.record_usage(sent)
    detail = client.get_usage(sent.record_id)
    assert detail.record.user_id == user_id
    assert detail.record.request_metadata == {"temperature": 0.5, "stop": ["a"]}
    assert detail.record.response_metadata is None
    assert detail.record.usage.other_meters == {"audio_seconds": Decimal("1.5")}
    assert detail.record.reported_cost == usd("0.01")
    assert detail.entry.latency == timedelta(seconds=2)
    assert detail.entry.tags == {"team": "red"}
    explanation = client.explain_cost(sent.record_id)
    assert explanation == detail.explanation
    assert {line.meter: line.cost for line in explanation.lines} == {
        "input_tokens": usd("0.0025"),
        "output_tokens": usd("0.005"),
    }
    assert explanation.cost == explanation.own_cost == usd("0.0075")
    assert explanation.unpriced_meters == ("audio_seconds",)
    assert explanation.sources[0].price_set_id == explanation.lines[0].price_set_id
    assert explanation.reported_difference == usd("0.0025")


def test_a_record_that_is_not_there(client: Client) -> None:
    with pytest.raises(NotFoundError) as caught:
        client.get_usage("019a0000-0000-7000-8000-000000000000")
    assert caught.value.reason == "RECORD_NOT_FOUND"


def test_what_failed(client: Client, mine: UsageFilter) -> None:
    (failure,) = client.list_failures(filter=mine)
    assert (failure.status, failure.error_message) == ("timeout", "took too long")
    page = client.list_failures_page(filter=mine, days=1)
    assert [(cause.error_message, cause.request_count) for cause in page.causes] == [
        ("took too long", 1)
    ]


def test_the_cost_of_a_job_and_a_session(client: Client, mine: UsageFilter, user_id: str) -> None:
    job = client.get_job_cost(f"job of {user_id}")
    assert job.totals.cost == usd("0.03")
    assert [part.key for part in job.by_user] == [user_id]
    assert {part.key for part in job.by_function} == {"chat-function", "search-function"}
    assert client.get_session_cost(f"session of {user_id}").totals == job.totals
    nothing = client.get_job_cost("no such job")
    assert nothing.totals.cost == usd("0")
    assert nothing.first_event_time is None


def test_past_a_hundred_functions_of_a_job_comes_their_rest(client: Client, user_id: str) -> None:
    usage = Usage(input_tokens=1000)
    client.record_usage_batch(
        UsageRecord(
            user_id=user_id,
            job_id=f"wide {user_id}",
            function_name=f"function {number}",
            model="gpt-4o",
            usage=usage,
        )
        for number in range(103)
    )
    job = client.get_job_cost(f"wide {user_id}")
    assert (len(job.by_function), job.model_rest, job.user_rest) == (100, None, None)
    assert job.function_rest is not None
    assert (job.function_rest.count, job.function_rest.totals.cost) == (3, usd("0.0075"))


def test_top_users(client: Client, mine: UsageFilter, user_id: str) -> None:
    top = client.list_top_users(top=5, filter=mine, days=10)
    (user,) = top.users
    assert (user.user_id, user.display_name) == (user_id, f"Ada {user_id}")
    assert user.mean_daily_cost == usd("0.003")
    assert user.cost_percent == Decimal(100)
    assert (top.user_count, top.totals.cost) == (1, usd("0.03"))


def test_a_question_that_is_wrong(client: Client) -> None:
    with pytest.raises(TypeError, match=r"features must be a list: pass \['chat'\]"):
        client.get_stats(filter=UsageFilter(features="chat"))
    with pytest.raises(ValueError, match="pass one of month, days and range"):
        client.get_stats(days=3, month="2026-11")
    with pytest.raises(TypeError, match="unexpected keyword argument 'weeks'"):
        client.get_stats(weeks=3)  # type: ignore[call-arg]
    with pytest.raises(InvalidArgumentError) as caught:
        client.get_breakdown(days=3)
    assert caught.value.violations[0].field == "dimensions"


def test_asyncio_answers_the_same(
    server: Server, client: Client, mine: UsageFilter, user_id: str
) -> None:
    async def ask() -> None:
        async with AsyncClient(server.address, server.api_key) as asking:
            assert await asking.get_stats(filter=mine, month="2020-01") == client.get_stats(
                filter=mine, month="2020-01"
            )
            top = await asking.list_top_users(filter=mine, days=10)
            assert top.users == client.list_top_users(filter=mine, days=10).users
            by_day = await asking.get_breakdown(Dimension.DAY, filter=mine, days=10)
            assert by_day.rows == client.get_breakdown(Dimension.DAY, filter=mine, days=10).rows
            series = await asking.get_time_series(Interval.WEEK, filter=mine, days=10)
            assert series == client.get_time_series(Interval.WEEK, filter=mine, days=10)
            records = [each async for each in asking.list_usage(filter=mine, page_size=2)]
            assert records == list(client.list_usage(filter=mine))
            page = await asking.list_usage_page(filter=mine, page_size=2)
            assert page.records == tuple(records[:2])
            failures = [each async for each in asking.list_failures(filter=mine)]
            assert failures == list(client.list_failures(filter=mine))
            assert (await asking.list_failures_page(filter=mine)).records == tuple(failures)
            one = records[0].record_id
            assert await asking.get_usage(one) == client.get_usage(one)
            assert await asking.explain_cost(one) == client.explain_cost(one)
            job = f"job of {user_id}"
            assert await asking.get_job_cost(job) == client.get_job_cost(job)
            session = f"session of {user_id}"
            assert await asking.get_session_cost(session) == client.get_session_cost(session)

    asyncio.run(ask())
