"""Makes counts, quantities and costs such as the service takes, or leaves them out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from aiusage import _to_proto
from aiusage.records import Usage
from aiusage.responses._counts import leave_out_misfits
from aiusage.v1 import types_pb2 as types_pb
from aiusage.v1 import usage_service_pb2 as usage_pb

from .complaints import Complaints
from .fitting_metadata import fit_metadata
from .told_counts import told_counts

COUNT_MAX = 10_000_000_000
QUANTITY_DECIMALS = 9
METERS_MAX = 32
COST_MAX = 79_228_162_513
COST_DECIMALS = 18

COUNTS = tuple(
    name
    for name in Usage.__dataclass_fields__
    if name not in ("other_meters", "token_convention", "raw_usage")
)

# Enough digits for every number that the service takes.
_EXACT = Context(prec=60)

_complaints = Complaints()


def fit_usage(given: Usage | Mapping[str, Any]) -> tuple[usage_pb.Usage, list[str]]:
    """The message of what a call used, and the meters that are left out of it.

    Those are the counts that cannot be, alone or together with the others.
    """
    usage = _usage_of(given)
    wrong: list[str] = []
    counts: dict[str, int | Decimal] = {}
    for name in COUNTS:
        count = getattr(usage, name)
        if count is None:
            continue
        if (fitted := _fit_count(name, count)) is None:
            wrong.append(name)
        else:
            counts[name] = fitted
    has_parts = len(counts) > ("input_tokens" in counts) + ("output_tokens" in counts)
    if usage.other_meters:
        has_parts = True
        counts.update(_fit_quantities(usage.other_meters))
    misfits = leave_out_misfits(counts, usage.token_convention) if has_parts else ()
    if misfits:
        names = ", ".join(misfits)
        _complaints.say("part", "%s is left out of a record: a part is above its whole", names)
    other_meters = {
        name: _to_proto.exact_decimal(counts.pop(name)) for name in [*counts] if name not in COUNTS
    }
    message = usage_pb.Usage(
        token_convention=usage_pb.TokenConvention.ValueType(usage.token_convention.value),
        other_meters=other_meters,
        raw_usage=fit_metadata(usage.raw_usage) if usage.raw_usage else None,
        **counts,  # type: ignore[arg-type]
    )
    return message, [*wrong, *misfits]


def _usage_of(given: Usage | Mapping[str, Any]) -> Usage:
    """What was given as a mapping, as far as `Usage` has such fields."""
    if not isinstance(given, Mapping):
        return given
    known, problem = told_counts(given)
    if problem:
        _complaints.say(problem, "a part of the usage of a record is left out: %s", problem)
    return Usage(**known)


def _fit_count(name: str, count: Any) -> int | None:
    if type(count) is int and 0 <= count <= COUNT_MAX:
        return count
    try:
        # A text or a truth is no count; a whole number of another library is one.
        if not isinstance(count, bool | str | bytes):
            whole = int(count)
            if whole == count and 0 <= whole <= COUNT_MAX:
                return whole
    except (TypeError, ValueError, OverflowError):
        pass
    _complaints.say("count", "%s is left out of a record: %r cannot be a count", name, count)
    return None


def _fit_quantities(quantities: Mapping[str, Any]) -> dict[str, Decimal]:
    fitted: dict[str, Decimal] = {}
    for name, quantity in quantities.items():
        number = _fit_decimal(quantity, COUNT_MAX, QUANTITY_DECIMALS)
        if number is None or len(fitted) == METERS_MAX:
            _complaints.say("quantity", "%s is left out of a record: %r", name, quantity)
        else:
            fitted[name] = number
    return fitted


def fit_cost(cost: Any) -> types_pb.Money | None:
    """A cost that is not negative, with as many decimals as the service keeps."""
    money = _to_proto.money(cost)
    amount = _fit_decimal(money.amount, COST_MAX, COST_DECIMALS)
    if amount is None:
        _complaints.say("cost", "a cost of %s is left out of a record", money.amount)
        return None
    money.amount = _to_proto.exact_decimal(amount)
    return money


def _fit_decimal(value: Any, most: int, decimals: int) -> Decimal | None:
    """A number from 0 on, rounded to so many decimals."""
    try:
        # Of a float, such as of seconds, its shortest digits are meant.
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not (number.is_finite() and 0 <= number <= most):
            return None
        if int(number.as_tuple().exponent) < -decimals:
            number = number.quantize(Decimal(1).scaleb(-decimals), context=_EXACT).normalize()
        return abs(number)
    except (TypeError, ValueError, InvalidOperation):
        return None
