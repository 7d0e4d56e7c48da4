"""Records that the service would refuse for their form are made to fit it."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from aiusage import Client, Money, Sender, TokenConvention, Usage, UsageRecord
from aiusage.sending.fitting import TEXT_LIMITS
from aiusage.sending.packing import pack, record_of, request_of
from aiusage.sending.settings import Settings
from aiusage.v1 import usage_service_pb2 as usage_pb

if TYPE_CHECKING:
    from server import Server


def fitted(**fields: Any) -> UsageRecord:
    return record_of(pack({"model": "gpt-4o", **fields}, Settings()))


def test_a_good_record_stays_as_it_is() -> None:
    record = UsageRecord(
        user_id="user-1 ü",
        event_time=datetime.fromisoformat("2026-11-22T12:00:00+01:00"),
        feature="chat",
        function_name="f",
        session_id="s",
        job_id="j",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        provider="openai",
        model="gpt-4o",
        response_model="gpt-4o-2024-08-06",
        response_id="r",
        operation="chat",
        api_url="https://api.openai.com/v1",
        usage=Usage(
            input_tokens=0,
            output_tokens=10_000_000_000,
            other_meters={"audio_seconds": "12.5"},
            token_convention=TokenConvention.EXCLUSIVE,
            raw_usage={"prompt_tokens": 0, "details": {"cached": [1, 2.5, None, True]}},
        ),
        latency=timedelta(seconds=1.5),
        time_to_first_token=timedelta(),
        status="error",
        error_message="first line\n\tsecond",
        cached_response=True,
        price_context={"service_tier": "flex"},
        tags={"plan": "pro"},
        request_metadata={"temperature": 0.5},
        response_metadata={"finish_reasons": ["stop"]},
        reported_cost=Decimal("0.000000000000000001"),
    )
    packed = pack(vars(record), Settings())
    assert packed.record_id == record.record_id
    assert vars(record_of(packed)) == {
        **vars(record),
        "reported_cost": Money(Decimal("0.000000000000000001")),
    }


def test_ids_may_be_what_databases_have() -> None:
    key = uuid.uuid4()
    assert fitted(user_id=7, job_id=key).user_id == "7"
    assert fitted(user_id=7, job_id=key).job_id == str(key)


def test_a_field_that_makes_no_sense_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    wrong: Any = {"usage": "many", "latency": 5, "no_such_field": 1, "tags": ["a"]}
    record = fitted(user_id="user-1", **wrong)
    assert (record.user_id, record.usage, record.latency, record.tags) == (
        "user-1",
        Usage(),
        None,
        {},
    )
    assert "UsageRecord has no field no_such_field" in caplog.text
    with pytest.raises(TypeError, match="no_such_field"):
        pack({"no_such_field": 1}, Settings(raise_errors=True))


def test_texts_are_cut_and_cleaned() -> None:
    record = fitted(user_id="u" * 1000, feature="a\0b\nc\x9fd", error_message="a\n\0\tb")
    assert record.user_id == "u" * 256
    assert record.feature == "a b c d"
    assert record.error_message == "a\n \tb"
    assert fitted(user_id="half of a pair: \ud83d").user_id == "half of a pair:  "


@pytest.mark.parametrize("user_id", [None, "", "  ", "\n"])
def test_a_call_of_nobody_goes_to_the_unknown_user(user_id: str | None) -> None:
    assert fitted(user_id=user_id).user_id == "unknown"


def test_counts_that_cannot_be_are_left_out() -> None:
    usage: Any = Usage(
        input_tokens=-1,
        output_tokens=10_000_000_001,
        cache_read_tokens="x",  # type: ignore[arg-type]
        cache_write_tokens=float("nan"),  # type: ignore[arg-type]
        web_searches=True,
    )
    assert fitted(usage=usage).usage == Usage()


def test_quantities_may_be_floats_which_are_taken_by_their_digits() -> None:
    seconds: Any = {"audio_seconds": 0.1}
    assert fitted(usage=Usage(other_meters=seconds)).usage.other_meters == {"audio_seconds": "0.1"}
    small: Any = {"audio_seconds": 1e-07}
    assert fitted(usage=Usage(other_meters=small)).usage.other_meters == {
        "audio_seconds": "0.0000001"
    }


def test_times_are_those_of_the_machine_where_they_have_no_zone() -> None:
    naive = datetime(2026, 11, 22, 12)  # noqa: DTZ001
    assert fitted(event_time=naive).event_time == naive.astimezone()
    assert fitted(latency=timedelta(days=2)).latency == timedelta(hours=24)
    assert fitted(latency=timedelta(seconds=-1)).latency is None


def test_trace_ids_that_are_none_are_left_out() -> None:
    record = fitted(trace_id="0" * 31, span_id="not hexadecimal!")
    assert (record.trace_id, record.span_id) == ("", "")


def test_tags_are_bounded() -> None:
    record = fitted(tags={**{f"k{n}": n for n in range(50)}})
    assert len(record.tags) == 32
    assert record.tags["k0"] == "0"
    assert fitted(tags={"k" * 100: "v" * 300, "": "x", "none": None}).tags == {"k" * 64: "v" * 256}


def test_metadata_keeps_what_fits() -> None:
    record = fitted(request_metadata={"small": 1, "large": "x" * 9000, "prompt": ["y"] * 5000})
    assert record.request_metadata == {"small": 1, "left_out": ["prompt", "large"]} or (
        record.request_metadata == {"small": 1, "left_out": ["large", "prompt"]}
    )


def test_metadata_may_be_anything() -> None:
    deep: Any = {}
    for _ in range(20):
        deep = {"deeper": deep}
    record = fitted(
        request_metadata={
            "when": datetime(2026, 1, 1),  # noqa: DTZ001
            "money": Decimal("1.50"),
            "nan": float("nan"),
            "large": 2**60,
            "set": {1},
            "deep": deep,
            1: "number",
            "nul": "a\0b",
        }
    )
    assert record.request_metadata is not None
    assert record.request_metadata["money"] == "1.50"
    assert record.request_metadata["large"] == str(2**60)
    assert record.request_metadata["1"] == "number"
    assert record.request_metadata["nul"] == "a b"


def test_a_request_is_what_protobuf_would_make_of_it() -> None:
    packed = [pack({"user_id": "u" * length, "model": "m"}, Settings()) for length in (1, 50, 256)]
    request = usage_pb.RecordUsageBatchRequest.FromString(request_of(packed))
    assert request.sequence == 1
    assert [record.user_id for record in request.records] == ["u", "u" * 50, "u" * 256]
    assert request.SerializeToString() == request_of(packed)


def wild_records(seed: int) -> Iterator[dict[str, Any]]:
    """Records with whatever an application may put into them."""
    chance = random.Random(seed)
    letters = string.ascii_letters + "\0\x01\n\t\x7f\x85 äöü中文😀\ud800\u200b\u2028"

    def text() -> str:
        length = chance.choice([0, 1, 5, 64, 65, 128, 256, 257, 600, 5000])
        return "".join(chance.choices(letters, k=length))

    def value(depth: int) -> Any:
        kind = chance.randint(0, 7 if depth else 5)
        if kind == 6:
            return [value(depth - 1) for _ in range(chance.randint(0, 4))]
        if kind == 7:
            return {text()[:50]: value(depth - 1) for _ in range(chance.randint(0, 4))}
        number = chance.choice([0, -1, 2**53, 2**70, 0.1, 1e300, float("inf"), float("nan")])
        return [None, True, text(), number, Decimal("0.1"), b"bytes"][kind]

    for _ in range(100):
        fields: dict[str, Any] = {name: text() for name in TEXT_LIMITS if chance.random() < 0.7}
        fields["latency"] = timedelta(seconds=chance.choice([-5, 0, 1.5, 10**6]))
        fields["trace_id"] = chance.choice(["", text(), "a" * 32])
        fields["tags"] = {text(): value(1) for _ in range(chance.choice([0, 3, 40]))}
        fields["price_context"] = {text(): text() for _ in range(chance.choice([0, 3, 40]))}
        fields["request_metadata"] = {text()[:300]: value(12) for _ in range(8)}
        fields["response_metadata"] = {text()[:90]: text() for _ in range(chance.choice([2, 90]))}
        fields["usage"] = Usage(
            input_tokens=chance.choice([0, 5, -1, 10**11]),
            output_tokens=chance.choice([None, 5]),
            raw_usage={text()[:20]: value(9)},
        )
        yield fields


@pytest.mark.parametrize("seed", range(3))
def test_no_record_is_refused_for_its_form(server: Server, user_id: str, seed: int) -> None:
    refused: list[str] = []
    settings = Settings(
        spool="never", raise_errors=True, on_drop=lambda _, reason: refused.append(reason)
    )
    sender = Sender(server.address, server.api_key, settings)
    for fields in wild_records(seed):
        sender.add({**fields, "user_id": user_id})
    assert sender.close(30)
    assert refused == []
    assert sender.stats().sent == 100


def test_wild_records_all_count(server: Server, client: Client, user_id: str) -> None:
    sender = Sender(server.address, server.api_key, Settings(spool="never", raise_errors=True))
    for fields in wild_records(99):
        sender.add({**fields, "user_id": user_id})
    assert sender.close(30)
    assert client.get_user_cost(user_id).totals.request_count == 100


def test_counts_that_do_not_fit_together_are_named() -> None:
    record = fitted(
        usage=Usage(input_tokens=10, cache_read_tokens=4000, output_tokens=-1),
        response_metadata={"id": 1, "usage_left_out": ["input_audio_tokens"]},
    )
    assert record.usage == Usage(input_tokens=10)
    assert record.response_metadata == {
        "id": 1,
        "usage_left_out": ["input_audio_tokens", "output_tokens", "cache_read_tokens"],
    }
    assert fitted(usage=Usage(input_tokens=10)).response_metadata is None


def test_usage_may_be_a_mapping(caplog: pytest.LogCaptureFixture) -> None:
    usage: Any = {"input_tokens": 5, "output_token": 7}
    assert fitted(usage=usage).usage == Usage(input_tokens=5)
    assert "Usage has no output_token, did you mean output_tokens?" in caplog.text
