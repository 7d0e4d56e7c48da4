"""grpcurl as a user has it: no proto files, JSON in and out, every answer from the real server."""

import json
import re
import time
import uuid

import pytest

PRICED = {"user_id": "ada", "feature": "chat", "provider": "openai", "model": "gpt-4o"}
RECORD = {"record": PRICED | {"usage": {"input_tokens": 1000, "output_tokens": 500}}}
USD = {"currencyCode": "USD"}


@pytest.fixture
def call(server):
    """Calls a method and returns its answers; with another `code` than 0, what grpcurl said."""

    def call(method, *messages, code=0, key=server.api_key):
        text = "".join(json.dumps(message) for message in messages)
        header = ["-H", f"authorization: Bearer {key}"]
        command = ["grpcurl", "-plaintext", *header, "-d", "@", server.authority, f"aiusage.v1.{method}"]
        if code:
            return server.run("sh", "-c", '"$@" 2>&1', "sh", *command, code=code, text=text)
        return parse(server.run(*command, text=text))

    return call


def parse(text):
    """JSON values one after the other."""
    values, decoder = [], json.JSONDecoder()
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:]
    return values


def test_list_names_the_services(server):
    services = server.run("grpcurl", "-plaintext", server.authority, "list").split()
    assert {"aiusage.v1.UsageService", "aiusage.v1.PricingService", "grpc.health.v1.Health"} <= set(services)
    methods = server.run("grpcurl", "-plaintext", server.authority, "list", "aiusage.v1.UsageService")
    names = ["CheckBudget", "GetCau", "GetUserCost", "RecordUsage", "RecordUsageBatch"]
    assert methods.split() == [f"aiusage.v1.UsageService.{name}" for name in names]


@pytest.mark.parametrize("service", ["UsageService", "PricingService"])
def test_describe_shows_every_message(server, service):
    describe = ["grpcurl", "-plaintext", server.authority, "describe"]
    text = server.run(*describe, f"aiusage.v1.{service}")
    messages = set(re.findall(r"\.(aiusage\.v1\.\w+)", text))
    assert len(messages) >= 4
    for message in messages:
        assert f"message {message.rpartition('.')[2]} {{" in server.run(*describe, message)


def test_health_says_that_it_serves(server):
    for service in ("", "aiusage.v1.UsageService", "aiusage.v1.PricingService"):
        asked = json.dumps({"service": service})
        text = server.run("grpcurl", "-plaintext", "-d", asked, server.authority, "grpc.health.v1.Health/Check")
        assert json.loads(text) == {"status": "SERVING"}


def test_the_lines_of_the_start_work(server):
    record, ask = re.findall(r"^  (grpcurl .*)$", server.log, re.MULTILINE)
    before = json.loads(server.run("sh", "-c", ask))
    receipt = json.loads(server.run("sh", "-c", record))["receipt"]
    assert receipt["cost"] == USD | {"amount": "0.0075"}
    after = json.loads(server.run("sh", "-c", ask))
    counts = [int(answer["totals"].get("requestCount", 0)) for answer in (before, after)]
    assert counts[1] == counts[0] + 1
    assert after["byModel"][0]["key"] == "gpt-4o"


def test_a_record_is_priced_and_counted_once(call):
    record = {"record": RECORD["record"] | {"user_id": "once", "record_id": uuid7()}}
    (first,), (second,) = call("UsageService/RecordUsage", record), call("UsageService/RecordUsage", record)
    assert first["receipt"]["cost"] == USD | {"amount": "0.0075"}
    assert first["receipt"]["costStatus"] == "COST_STATUS_PRICED"
    assert second["receipt"] == first["receipt"] | {"duplicate": True}
    (cost,) = call("UsageService/GetUserCost", {"user_id": "once", "days": 1})
    assert cost["totals"]["requestCount"] == "1"
    assert cost["totals"]["cost"] == USD | {"amount": "0.0075"}
    for breakdown, key in (("byFeature", "chat"), ("byProvider", "openai"), ("byModel", "gpt-4o")):
        assert cost[breakdown] == [{"key": key, "totals": cost["totals"]}]


def test_a_budget(call):
    call("UsageService/RecordUsage", {"record": RECORD["record"] | {"user_id": "budget"}})
    (under,) = call("UsageService/CheckBudget", {"user_id": "budget", "limit": {"amount": "0.01"}})
    assert under["allowed"]
    assert under["remaining"] == USD | {"amount": "0.0025"}
    estimated = {"user_id": "budget", "limit": {"amount": "0.01"}, "estimated_cost": {"amount": "0.0026"}}
    (over,) = call("UsageService/CheckBudget", estimated)
    assert "allowed" not in over, "false is left out of JSON"


def test_cost_per_active_user(call):
    moment = {"start_time": "2021-05-01T00:00:00Z", "end_time": "2021-05-02T00:00:00Z"}
    for user in ("cau-1", "cau-1", "cau-2"):
        record = RECORD["record"] | {"user_id": user, "event_time": "2021-05-01T12:00:00Z"}
        call("UsageService/RecordUsage", {"record": record})
    (answer,) = call("UsageService/GetCau", {"days": [7], "ranges": [moment]})
    week, day = answer["windows"]
    assert week["days"] == 7
    assert (day["activeUserCount"], day["totalCost"]["amount"]) == ("2", "0.0225")
    assert day["costPerActiveUser"]["amount"] == "0.01125"


def test_prices(call):
    asked = {"provider": "openai", "page_size": 3}
    (page,) = call("PricingService/ListPrices", asked)
    (following,) = call("PricingService/ListPrices", asked | {"page_token": page["nextPageToken"]})
    models = [price["model"] for price in page["prices"] + following["prices"]]
    assert len(set(models)) == 6
    (found,) = call("PricingService/GetPrice", {"provider": "openai", "model": "gpt-4o-2024-08-06"})
    assert found["price"]["model"] == "gpt-4o"
    rates = {rate["meter"]: (rate["price"]["amount"], rate["per"]) for rate in found["price"]["rates"]}
    assert rates["input_tokens"] == ("2.5", "1000000")
    assert rates["output_tokens"] == ("10", "1000000")


def test_a_batch_of_two_messages_is_a_stream(call):
    bad = PRICED | {"user_id": ""}
    good = RECORD["record"] | {"user_id": "stream"}
    messages = [{"sequence": 1, "records": [good, good, good]}, {"sequence": 2, "records": [good, bad]}]
    first, second = call("UsageService/RecordUsageBatch", *messages)
    assert first == {"sequence": "1", "storedCount": "3"}
    assert (second["storedCount"], second["refusedCount"]) == ("1", "1")
    assert second["results"][0]["index"] == 1
    refusal = second["results"][0]["refusal"]
    assert refusal["reason"] == "INVALID_FIELDS"
    assert [violation["field"] for violation in refusal["violations"]] == ["user_id"]
    (cost,) = call("UsageService/GetUserCost", {"user_id": "stream", "days": 1})
    assert cost["totals"]["requestCount"] == "4"


def test_an_error_can_be_read(call):
    usage = {"input_tokens": 1, "cache_read_tokens": 2}
    text = call("UsageService/RecordUsage", {"record": {"model": "m", "usage": usage}}, code=67)
    assert "Code: InvalidArgument" in text
    for type_name in ("google.rpc.ErrorInfo", "google.rpc.BadRequest"):
        assert f"type.googleapis.com/{type_name}" in text
    for fact in ('"reason":"INVALID_FIELDS"', '"field":"record.user_id"', '"field":"record.usage.cache_read_tokens"'):
        assert fact in text
    assert "must not be empty" in text


def test_a_reused_id_says_what_differs(call):
    record = RECORD["record"] | {"user_id": "reused", "record_id": uuid7()}
    call("UsageService/RecordUsage", {"record": record})
    text = call("UsageService/RecordUsage", {"record": record | {"feature": "other"}}, code=70)
    assert "Code: AlreadyExists" in text
    assert '"differing_fields":"feature"' in text


@pytest.mark.parametrize("key", ["", "aiusage_wrong"])
def test_without_a_key_nothing_is_answered(call, key):
    text = call("UsageService/GetUserCost", {"user_id": "ada"}, code=80, key=key)
    assert "Code: Unauthenticated" in text
    assert '"reason":"API_KEY_INVALID"' in text


def test_an_unknown_model_has_no_price(call):
    text = call("PricingService/GetPrice", {"provider": "openai", "model": "gpt-99"}, code=69)
    assert "Code: NotFound" in text
    assert '"reason":"PRICE_NOT_FOUND"' in text


def uuid7():
    """A UUIDv7 of now: its first 48 bits are milliseconds."""
    milliseconds, random = time.time_ns() // 1_000_000, uuid.uuid4().int & ((1 << 62) - 1)
    return str(uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | random))
