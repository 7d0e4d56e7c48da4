"""28,185 real calls of a production LLM service, imported, then added up a second time in Python.

The traces (tests/data/azure-llm-2023, see NOTICE) say when a call was made, to the tenth of a
microsecond, and how many tokens it read and wrote. They say nothing of users, features or models, so
row n (from 0: conv.csv first, then code.csv) is dealt out by a fixed rule:

    user     user-000 to user-199   n * n + n // 7      mod 200
    feature  one of five            n // 3              mod 5
    model    one of six             n // 11 + n // 1000 mod 6

Prices are written out below from the providers' own pages, and are not read from the catalogue. Every
figure of the service must be equal to that of this file, to the last digit.
"""

import csv
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from aiusage import Client, TimeRange
from conftest import ROOT, running_server

TRACES = ROOT / "tests/data/azure-llm-2023"
USERS = 200
FEATURES = ("chat", "search", "summary", "translate", "code")
WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Model:
    """Dollars for a million tokens, in and out."""

    provider: str
    name: str
    input_price: str
    output_price: str


MODELS = (
    # https://openai.com/api/pricing
    Model("openai", "gpt-4o", "2.50", "10.00"),
    # https://www.anthropic.com/pricing#api: prompts of up to 200,000 tokens
    Model("anthropic", "claude-sonnet-4-5", "3", "15"),
    # https://ai.google.dev/gemini-api/docs/pricing: text
    Model("google", "gemini-2.5-flash", "0.30", "2.50"),
    # https://cohere.com/pricing
    Model("cohere", "command-r7b-12-2024", "0.0375", "0.15"),
    # https://mistral.ai/pricing
    Model("mistral", "mistral-large-2411", "2", "6"),
    # https://api-docs.deepseek.com/quick_start/pricing: half price from 16:30 to 00:30 UTC, when all
    # of these calls were made; without a cache hit
    Model("deepseek", "deepseek-chat", "0.135", "0.55"),
)


@dataclass(frozen=True)
class Call:
    time_text: str
    user: str
    feature: str
    model: Model
    input_tokens: int
    output_tokens: int

    @property
    def at(self):
        """Microseconds are kept, the tenth of one is dropped."""
        return datetime.strptime(self.time_text[:26], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)

    @property
    def cost(self):
        def part(tokens, price):
            return WIDE.multiply(Decimal(tokens), WIDE.divide(Decimal(price), Decimal(1_000_000)))

        return WIDE.add(
            part(self.input_tokens, self.model.input_price), part(self.output_tokens, self.model.output_price)
        )


def calls():
    """The rows of both traces, dealt out."""
    rows = []
    for name in ("conv.csv", "code.csv"):
        with (TRACES / name).open(newline="") as file:
            rows += csv.DictReader(file)
    for n, row in enumerate(rows):
        yield Call(
            time_text=row["TIMESTAMP"],
            user=f"user-{(n * n + n // 7) % USERS:03}",
            feature=FEATURES[n // 3 % 5],
            model=MODELS[(n // 11 + n // 1000) % 6],
            input_tokens=int(row["ContextTokens"]),
            output_tokens=int(row["GeneratedTokens"]),
        )


CALLS = list(calls())


@dataclass
class Sums:
    """What this file makes of some calls."""

    cost: Decimal = Decimal(0)
    count: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, call):
        self.cost = WIDE.add(self.cost, call.cost)
        self.count += 1
        self.input_tokens += call.input_tokens
        self.output_tokens += call.output_tokens

    @classmethod
    def of(cls, totals):
        """What the service says."""
        nothing_else = (totals.error_count, totals.cached_count, totals.unpriced_count, totals.partial_count)
        assert nothing_else == (0, 0, 0, 0)
        assert totals.cost.currency_code == "USD"
        return cls(totals.cost.amount, totals.request_count, totals.input_tokens, totals.output_tokens)


@dataclass
class UserSums:
    totals: Sums = field(default_factory=Sums)
    by_day: dict = field(default_factory=lambda: defaultdict(Sums))
    by_feature: dict = field(default_factory=lambda: defaultdict(Sums))
    by_provider: dict = field(default_factory=lambda: defaultdict(Sums))
    by_model: dict = field(default_factory=lambda: defaultdict(Sums))

    def add(self, call, zone):
        self.totals.add(call)
        self.by_day[call.at.astimezone(zone).date().isoformat()].add(call)
        self.by_feature[call.feature].add(call)
        self.by_provider[call.model.provider].add(call)
        self.by_model[call.model.name].add(call)


def sums_by_user(zone, time_range):
    users = defaultdict(UserSums)
    for call in CALLS:
        if time_range.start_time <= call.at < time_range.end_time:
            users[call.user].add(call, zone)
    return users


@dataclass(frozen=True)
class Imported:
    """The reports of two imports of the same file."""

    server: object
    first: dict
    again: dict


@pytest.fixture(scope="module")
def imported():
    with running_server() as server:
        path = server.home / "traces.csv"
        with path.open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["timestamp", "user", "feature", "provider", "model", "input_tokens", "output_tokens"])
            for call in CALLS:
                names = (call.time_text, call.user, call.feature, call.model.provider, call.model.name)
                out.writerow([*names, call.input_tokens, call.output_tokens])
        first = json.loads(server.aiusage("import", path, "--json"))
        yield Imported(server, first, json.loads(server.aiusage("import", path, "--json")))


@pytest.fixture(scope="module")
def client(imported):
    with Client(imported.server.address, imported.server.api_key) as client:
        yield client


def test_the_traces_are_whole():
    assert len(CALLS) == 28_185
    assert len({call.user for call in CALLS}) == USERS
    assert len({(call.feature, call.model) for call in CALLS}) == len(FEATURES) * len(MODELS)
    assert {len(call.time_text) for call in CALLS} == {len("2023-11-16 18:15:46.6805900")}
    # All of deepseek's cheaper hours.
    assert all(time(16, 30) <= call.at.time() for call in CALLS)


def test_every_line_is_stored_once(imported, capsys):
    for report, stored in ((imported.first, len(CALLS)), (imported.again, 0)):
        counts = (report["stored_count"], report["duplicate_count"], report["refused_count"])
        assert counts == (stored, len(CALLS) - stored, 0), report
    with capsys.disabled():
        first, again = (report["records_per_second"] for report in (imported.first, imported.again))
        print(f"\nimport: {first:,} records/s; again, all known: {again:,} records/s ", end="")


WHOLE_MONTH = TimeRange(datetime(2023, 11, 1, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC))
# From one call's time on, up to another's: the first is in, the last is out.
ODD = TimeRange(CALLS[4_711].at, CALLS[17_000].at)
KOLKATA = ZoneInfo("Asia/Kolkata")
MONTH_IN_KOLKATA = TimeRange(datetime(2023, 11, 1, tzinfo=KOLKATA), datetime(2023, 12, 1, tzinfo=KOLKATA))


@pytest.mark.parametrize(
    ("question", "zone", "time_range", "days"),
    [
        ({"month": "2023-11"}, UTC, WHOLE_MONTH, 1),
        # Midnight in India falls into these calls.
        ({"month": "2023-11", "time_zone": "Asia/Kolkata"}, KOLKATA, MONTH_IN_KOLKATA, 2),
        ({"range": ODD}, UTC, ODD, 1),
    ],
)
def test_every_user_and_every_breakdown(client, capsys, question, zone, time_range, days):
    expected = sums_by_user(zone, time_range)
    total, began = Decimal(0), perf_counter()
    for number in range(USERS):
        user = f"user-{number:03}"
        cost, mine = client.get_user_cost(user, **question), expected[user]
        assert (cost.range.start_time, cost.range.end_time) == (time_range.start_time, time_range.end_time)
        assert Sums.of(cost.totals) == mine.totals, user
        assert len(cost.by_day) <= days
        for name in ("by_day", "by_feature", "by_provider", "by_model"):
            answer = {part.key: Sums.of(part.totals) for part in getattr(cost, name)}
            assert answer == getattr(mine, name), (user, name)
            if name != "by_day":
                costs = [part.totals.cost.amount for part in getattr(cost, name)]
                assert costs == sorted(costs, reverse=True), (user, name)
        total = WIDE.add(total, cost.totals.cost.amount)
    took = perf_counter() - began
    assert total == sum((mine.totals.cost for mine in expected.values()), Decimal(0))
    with capsys.disabled():
        print(f"\n{USERS} users, ${total}: {took / USERS * 1000:.1f} ms each ", end="")


def test_cost_per_active_user(client, capsys):
    second = timedelta(seconds=1)
    ranges = [
        WHOLE_MONTH,
        ODD,
        TimeRange(datetime(2023, 11, 16, 18, 15, tzinfo=UTC), datetime(2023, 11, 16, 18, 30, tzinfo=UTC)),
        TimeRange(CALLS[0].at, CALLS[0].at + second / 1_000_000),
        TimeRange(CALLS[9_000].at + second / 3, CALLS[9_000].at + 2 * second),
        TimeRange(datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 2, 1, tzinfo=UTC)),
    ]
    windows = client.get_cau(days=[7, 3_660], ranges=ranges)
    everything = TimeRange(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    nothing = ranges[-1]
    for window, time_range in zip(windows, [nothing, everything, *ranges], strict=True):
        inside = [call for call in CALLS if time_range.start_time <= call.at < time_range.end_time]
        users = len({call.user for call in inside})
        total = sum((call.cost for call in inside), Decimal(0))
        mean = WIDE.divide(total, Decimal(users)).quantize(Decimal("1e-18"), context=WIDE) if users else Decimal(0)
        assert window.active_user_count == users
        assert window.total_cost.amount == total
        assert window.cost_per_active_user.amount == mean
        assert (window.unpriced_count, window.partial_count) == (0, 0)
        with capsys.disabled():
            print(f"\n{len(inside):6,} calls: ${total} / {users} = ${mean} ", end="")


def test_the_log_makes_up_the_summaries(imported):
    verdict = json.loads(imported.server.aiusage("verify", "--json"))
    assert verdict["record_count"] == len(CALLS)
    assert verdict["differences"] == []
