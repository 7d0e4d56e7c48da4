"""Prices every model of the catalogue twice: with aiusage and with genai-prices' own calculator.

Runs the example `price_cases`. The figures of both come from the same release, so that every difference
is one of arithmetic or of rules. Rules that differ on purpose are listed below, each with its reason, and
nothing else may differ:

FREE        Upstream prices an empty list of prices at 0, whether a model costs nothing or its price is
            not known. aiusage says `free` where the name ends in `:free`, else `no_price`.
PARTIAL     Upstream charges nothing for what has no price, of its own or in a whole, and does not say so.
            aiusage charges nothing either, and says `partial`.
GROQ        Upstream bills Groq's Whisper models at least 10 seconds in code, and books all seconds as
            input. aiusage has the least quantity in the data and bills each meter as what it is. The
            totals agree to the rounding of one more line; the split between input and other need not.
KEYS        85 models have keys that none of upstream's rules match. In aiusage a key names its model.
SPELLINGS   aiusage also knows names with a path, the provider in front, or a suffix that changes no
            price, and the names of OpenTelemetry and litellm for providers. Upstream finds nothing for
            these, or another provider (azure.ai.openai: OpenAI).
PLATFORMS   aiusage also knows that a name with a geography and a vendor in front is one of Bedrock, where
            no provider is stated. Upstream takes `us.anthropic.claude-...` for Anthropic's, and finds nothing.
FINE_TUNES  Upstream prices fine-tunes of GPT-4 as GPT-4. They cost more, so they are unknown to aiusage.
ADDRESSES   An address ends where a host ends: `https://api.openai.com.example.org` is not OpenAI's.
"""

import json
import os
import re
import subprocess
import tomllib
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import combinations
from pathlib import Path

import genai_prices.types as upstream
from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from genai_prices.units import _get_registry

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 12, 34, 56, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ATTO = Decimal("1e-18")
WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
REGISTRY = _get_registry()
SNAPSHOT = get_snapshot()
WHISPER = {("groq", "whisper-large-v3"), ("groq", "whisper-large-v3-turbo")}


def price(cases):
    """What aiusage makes of the cases, in order."""
    binary = os.environ.get("PRICE_CASES")
    command = [binary] if binary else ["cargo", "run", "--quiet", "--example", "price_cases"]
    text = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT)
    return [json.loads(line) for line in done.stdout.splitlines()]


# --- usage ---------------------------------------------------------------------------------------


def report(atoms):
    """The inclusive counts of units, each given by the most special meter that counts it."""
    counts = Counter()
    for key, quantity in atoms.items():
        for counted in {key} | REGISTRY.ancestor_usage_keys(key):
            counts[counted] += quantity
    return dict(counts)


def quantity_of(key, n):
    """A quantity with many digits; durations have decimals."""
    if REGISTRY.units[key].dimensions["family"] == "durations":
        return Decimal(n) + Decimal("0.123456789")
    return n


def price_maps(model):
    always = isinstance(model.prices, upstream.ModelPrice)
    base = [model.prices] if always else [entry.prices for entry in model.prices]
    return base + [variant.prices for variant in model.price_variants or []]


def priced(model):
    maps = (p.__dict__ for p in price_maps(model))
    keys = {REGISTRY.unit_for_price_key(key).usage_key for m in maps for key, price in m.items() if price is not None}
    return sorted(keys - {"requests"})


def tier_starts(model):
    prices = (price for m in price_maps(model) for price in m.__dict__.values())
    return sorted({tier.start for p in prices if isinstance(p, upstream.TieredPrices) for tier in p.tiers})


def usages(model):
    """Every meter alone, all together, with parts that have no price of their own, at every tier."""
    meters = priced(model)
    everything = {key: quantity_of(key, 1009 * (i + 3)) for i, key in enumerate(meters)}
    yield "all", report(everything)
    yield "none", {}
    for i, key in enumerate(meters):
        yield "one", report({key: quantity_of(key, 7_654_321 + i)})
        yield "unit", report({key: 1})
    if "input_tokens" in meters and "output_tokens" in meters:
        parts = {"cache_read_tokens": 31, "cache_write_1h_tokens": 37, "output_reasoning_tokens": 41}
        yield "parts", report(everything | {k: n for k, n in parts.items() if k not in meters})
    for start in tier_starts(model):
        for edge in (start - 1, start, start + 1):
            inside = report(everything)
            rest = edge - inside.get("input_tokens", 0)
            yield "tier", report(everything | {"input_tokens": everything.get("input_tokens", 0) + rest})
            yield "tier", report({"input_tokens": edge, "output_tokens": 12_345})


def instants(model):
    """Now, and every change: before, at, after."""
    yield NOW
    always = isinstance(model.prices, upstream.ModelPrice)
    conditions = [] if always else [entry.constraint for entry in model.prices]
    conditions += [variant.constraint for variant in model.price_variants or []]
    starts = {c.start_date for c in conditions if isinstance(c, upstream.StartDateConstraint)}
    days = {datetime.combine(start, time(), UTC) for start in starts}
    for day in sorted(days):
        yield from (day - MICROSECOND, day, day + MICROSECOND, day + timedelta(hours=23, minutes=59))
    windows = [c for c in conditions if isinstance(c, upstream.TimeOfDateConstraint)]
    for window in windows:
        for day in {NOW, *days}:
            for edge in (window.start_time, window.end_time):
                at = datetime.combine(day.date(), edge.replace(tzinfo=None), UTC)
                yield from (at - MICROSECOND, at, at + MICROSECOND)


def contexts(model):
    """No terms, each variant's terms, each two together, and terms that mean nothing."""
    terms = {json.dumps(v.when, sort_keys=True): v.when for v in model.price_variants or []}
    yield {}
    yield from terms.values()
    yield from (a | b for a, b in combinations(terms.values(), 2))
    if terms:
        yield {"service_tier": "FLEX"}
        yield {"service_tier": "unheard-of"}


def cases():
    for provider in SNAPSHOT.providers:
        for model in provider.models:
            seen = set()
            for kind, usage in usages(model):
                changing = kind in ("all", "parts", "tier")
                for at in instants(model) if changing else [NOW]:
                    for terms in contexts(model) if kind != "none" else [{}]:
                        identity = (at, str(sorted(terms.items())), str(sorted(usage.items())))
                        if identity not in seen:
                            seen.add(identity)
                            yield provider, model, at, terms, usage


# --- the two calculators -------------------------------------------------------------------------


def rounded(amount):
    return amount.quantize(ATTO, context=WIDE)


def upstream_lines(prices, usage):
    """Upstream's line for each unit that is used, in its own arithmetic."""
    resolved = upstream._collect_resolved_model_prices(prices, REGISTRY)
    counts = upstream._compute_registry_priced_counts(resolved, usage)
    tokens = usage.input_tokens if any(isinstance(p, upstream.TieredPrices) for _, p in resolved) else 0
    return {
        unit.usage_key: rounded(upstream.calc_unit_price(p, counts[unit.usage_key], tokens, unit.per))
        for unit, p in resolved
        if counts[unit.usage_key]
    }


def side(lines, direction):
    def of(key):
        return REGISTRY.units[key].dimensions.get("direction", "other")

    return sum((cost for key, cost in lines.items() if of(key) == direction), Decimal(0))


def is_covered(prices, usage):
    """Whether everything that was used has a price, of its own or in a whole."""
    known = {REGISTRY.unit_for_price_key(key).usage_key for key, price in prices.__dict__.items() if price is not None}
    return all(({key} | REGISTRY.ancestor_usage_keys(key)) & known for key, quantity in usage.items() if quantity)


def compare(provider, model, at, terms, usage, ours, counts):
    """The differences of one case."""
    theirs = model.calc_price(upstream.Usage(**usage), provider, genai_request_timestamp=at, price_context=terms)
    prices = model.get_prices(at, terms)
    if ours["model"] != model.id:
        return [f"resolved to {ours['model']}"]
    if not any(price is not None for price in prices.__dict__.values()):
        counts["FREE"] += 1
        expected = "free" if model.id.endswith(":free") else "no_price"
        return [] if ours["status"] == expected else [f"status {ours['status']}, not {expected}"]
    expected = "priced" if is_covered(prices, usage) else "partial"
    counts["PARTIAL"] += expected == "partial"
    if ours["status"] != expected:
        return [f"status {ours['status']}, not {expected}"]
    lines = {key: Decimal(cost) for key, cost in ours["lines"].items()}
    cost = {key: Decimal(amount) for key, amount in ours["cost"].items()}
    differences = []
    if (provider.id, model.id) in WHISPER:
        counts["GROQ"] += 1
        expected = {}
    else:
        theirs_lines = upstream_lines(prices, upstream.Usage(**usage))
        counts["lines"] += len(theirs_lines)
        differences += [] if lines == theirs_lines else [f"lines {lines} not {theirs_lines}"]
        expected = {name: side(theirs_lines, name) for name in ("input", "output", "other")}
        expected["total"] = sum(theirs_lines.values(), Decimal(0))
    differences += [f"{name} {cost[name]} not {amount}" for name, amount in expected.items() if cost[name] != amount]
    # Upstream rounds nothing on the way: the sums differ by at most half a unit for each line.
    slack = ATTO / 2 * len(lines)
    if abs(cost["total"] - theirs.total_price) > slack:
        differences.append(f"total {cost['total']} is not {theirs.total_price}")
    return differences


def test_every_model_costs_the_same():
    every = list(cases())
    as_json = [
        {
            "event_time": at.isoformat(),
            "provider": provider.id,
            "model": model.id,
            "terms": terms,
            "usage": {key: str(quantity) for key, quantity in usage.items()},
        }
        for provider, model, at, terms, usage in every
    ]
    counts, differences = Counter(), []
    for case, ours in zip(every, price(as_json), strict=True):
        provider, model, at, terms, usage = case
        counts["cases"] += 1
        found = compare(*case, ours, counts)
        differences += [f"{provider.id}/{model.id} {at} {terms} {usage}: {d}" for d in found]
    models = {(provider.id, model.id) for provider, model, *_ in every}
    print(f"models {len(models)}, {dict(counts)}, differences {len(differences)}")
    assert len(models) == sum(len(provider.models) for provider in SNAPSHOT.providers)
    assert not differences, "\n".join(differences[:20])


# --- names ---------------------------------------------------------------------------------------


def samples(pattern):
    """Texts that a plain regular expression matches, and some that it just does not."""
    plain = re.sub(r"\(\?!.*?\)\)|\(\?!\[.*?\)", "", pattern)
    plain = plain.replace("^", "").replace("(/|$)", "").replace("(?:/|$)", "")
    texts = [""]
    tokens = re.findall(r"\\d\{\d+\}|\\.|\[[^\]]*\][*+?]?|\((?:\?:)?(?:[^()]|\([^()]*\))*\)\??|\.\*|.", plain)
    for token in tokens:
        if token == "$":
            options = [""]
        elif token.startswith("\\d"):
            count = int(token[3:-1]) if "{" in token else 1
            options = ["20251014"[:count], "20261301"[-count:]]
        elif token.startswith("\\"):
            options = [token[1:]]
        elif token.startswith("["):
            options = ["w"] if token.endswith(("+", "*")) else list(token.strip("[]"))
        elif token.startswith("("):
            inner = token.rstrip("?").removeprefix("(").removeprefix("?:")[:-1]
            options = [s for part in split(inner) for s in samples(part)] + ([""] if token.endswith("?") else [])
        else:
            options = ["w" if token == ".*" else token.rstrip("?")]
        texts = [text + option for text in texts for option in options]
    return texts


def split(alternatives):
    parts, depth = [""], 0
    for character in alternatives:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def probes(clause):
    """Names at the edges of a match rule."""
    match clause:
        case upstream.ClauseEquals():
            yield from (clause.equals, clause.equals + "-", clause.equals.upper(), clause.equals[:-1])
        case upstream.ClauseStartsWith():
            word = clause.starts_with
            yield from (
                word,
                word + "1",
                word + "-x",
                "x" + word,
                word[:-1],
                word + "-tts",
                word + "-tts-1",
                word + "-ttsx",
            )
        case upstream.ClauseEndsWith():
            yield from (clause.ends_with, "x" + clause.ends_with, clause.ends_with + "x")
        case upstream.ClauseContains():
            yield from (clause.contains, f"x{clause.contains}y", clause.contains[1:], f"us.{clause.contains}")
        case upstream.ClauseRegex():
            for text in samples(clause.regex):
                yield from (text, text + "x", "x" + text, text[:-1], text + "0", text.replace("-", "", 1), "a/" + text)
        case upstream.ClauseOr():
            yield from (probe for part in clause.or_ for probe in probes(part))
        case upstream.ClauseAnd():
            yield from (probe for part in clause.and_ for probe in probes(part))


def dated(names):
    for name in names:
        yield from (name, f"{name}-20251014", f"{name}-2025-10-14")


def names_of(provider):
    own = {probe for model in provider.models for probe in probes(model.match)} | {m.id for m in provider.models}
    return {name for name in dated(own) if name.strip() and name == name.strip() and len(name) <= 256}


def theirs_for(provider_id, url, name):
    try:
        provider, model = SNAPSHOT.find_provider_model(name, None, provider_id, url)
    except LookupError:
        return None
    owner = next(p for p in [provider, *SNAPSHOT.providers] if any(m is model for m in p.models))
    return owner.id, model.id


# How aiusage finds names that upstream finds nothing for (KEYS, SPELLINGS).
MORE = {"model_key", "path_removed", "provider_removed", "suffix_removed", "fallback_provider"}
GEOGRAPHY = re.compile(r"(apac|au|ca|eu|global|in|jp|us|us-gov)\.[a-z0-9]+\.", re.IGNORECASE)


def purpose(provider, name, ours, theirs):
    """The reason why aiusage finds another model than upstream, if there is one."""
    if theirs is None and (ours["resolved_by"] in MORE or (provider is None and "/" in name)):
        return f"only here: {ours['resolved_by']}"
    if theirs is None and provider is None and ours["provider"] == "aws" and GEOGRAPHY.match(name):
        return "PLATFORMS"
    if theirs == ("openai", "gpt-4") and ours["model"] is None and name.lower().startswith("ft:gpt-4-0"):
        return "FINE_TUNES"
    return None


def test_names_mean_the_same_models():
    asked = [(p.id, name) for p in SNAPSHOT.providers for name in sorted(names_of(p))]
    asked += [(None, name) for name in sorted({name for p in SNAPSHOT.providers for name in names_of(p)})]
    asked += [
        (None, name) for p in SNAPSHOT.providers if p.model_match for name in probes(p.model_match) if name.strip()
    ]
    answers = price([{"event_time": NOW.isoformat(), "provider": p or "", "model": name} for p, name in asked])
    counts, differences = Counter(), []
    for (provider, name), ours in zip(asked, answers, strict=True):
        theirs = theirs_for(provider, None, name)
        counts["names"] += 1
        mine = (ours["provider"], ours["model"]) if ours["model"] else None
        if mine == theirs:
            counts["found" if mine else "unknown to both"] += 1
        elif reason := purpose(provider, name, ours, theirs):
            counts[reason] += 1
        else:
            differences.append(f"{provider} {name}: {mine} by {ours['resolved_by']}, theirs {theirs}")
    print(f"{dict(counts)}, differences {len(differences)}")
    assert not differences, "\n".join(differences[:40])


# SPELLINGS: what providers are called elsewhere, and what upstream takes it for.
RENAMED = {
    "anthropic-bedrock": ("aws", "anthropic"),
    "anthropic_bedrock": ("aws", "anthropic"),
    "bedrock-anthropic": ("aws", "anthropic"),
    "azure.ai.openai": ("azure", "openai"),
    "azure.ai.inference": ("azure", None),
    "azure_ai": ("azure", None),
    "azure_openai": ("azure", "openai"),
    "azure openai": ("azure", "openai"),
    "azureopenai": ("azure", "openai"),
    "azure_text": ("azure", None),
    "gcp.gen_ai": ("google", None),
    "vertex_ai-anthropic_models": ("google", "anthropic"),
    "anthropic-vertex": ("google", "anthropic"),
    "anthropic_vertex": ("google", "anthropic"),
    "vertex-anthropic": ("google", "anthropic"),
    "fireworks_ai": ("fireworks", None),
    "mistralai": ("mistral", "mistral"),
    "open_router": ("openrouter", None),
    "togetherai": ("together", None),
    "x_ai": ("x-ai", None),
    "z.ai": ("zai", None),
}


def provider_answers(asked):
    """The provider that aiusage finds: each has a model whose key is known."""
    by_id = {p.id: p for p in SNAPSHOT.providers}
    cases_ = [
        {"event_time": NOW.isoformat(), **names, "model": by_id[expected].models[0].id} for names, expected in asked
    ]
    return [ours["provider"] for ours in price(cases_)]


def test_provider_names_mean_the_same_providers():
    asked = []
    for provider in SNAPSHOT.providers:
        names = {provider.id, provider.id.upper(), f" {provider.id} "}
        names |= set(probes(provider.provider_match)) if provider.provider_match else set()
        found = ((name, find_provider_by_id(SNAPSHOT.providers, name)) for name in sorted(names) if name.strip())
        asked += [({"provider": name}, p.id) for name, p in found if p]
    for name, (ours, theirs) in RENAMED.items():
        found = find_provider_by_id(SNAPSHOT.providers, name)
        assert (found and found.id) == theirs, name
        asked.append(({"provider": name}, ours))
    answers = provider_answers(asked)
    different = [(names, e, a) for (names, e), a in zip(asked, answers, strict=True) if a != e]
    print(f"provider names {len(asked)}, differences {len(different)}")
    assert not different, different


def test_addresses_mean_the_same_providers():
    asked = []
    for provider in SNAPSHOT.providers:
        for address in samples(provider.api_pattern):
            address = address + "x" if address.endswith(".") else address
            for url in (address, address + "/", address + "/v1/chat"):
                first = next((p for p in SNAPSHOT.providers if re.match(p.api_pattern, url)), None)
                assert first, url
                asked.append(({"api_url": url}, first.id))
    answers = provider_answers(asked)
    different = [(names, e, a) for (names, e), a in zip(asked, answers, strict=True) if a != e]
    print(f"addresses {len(asked)}, differences {len(different)}")
    assert not different, different


# --- meters --------------------------------------------------------------------------------------


def test_meters_are_those_of_upstream_and_more():
    meters = {m["key"]: m for m in tomllib.loads((ROOT / "catalogue/meters.toml").read_text())["meter"]}
    for key, unit in REGISTRY.units.items():
        ours = meters[key]
        assert (ours["price_key"], ours["per"], ours["dimensions"]) == (unit.price_key, unit.per, dict(unit.dimensions))
    print(f"meters {len(meters)}, upstream's {len(REGISTRY.units)}")
