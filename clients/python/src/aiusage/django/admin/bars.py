"""Cost day by day, as bars that a page without scripts can draw."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from aiusage.django import formats

if TYPE_CHECKING:
    from aiusage import TimeSeries

HEIGHT = 100
STEP = 10


@dataclass(frozen=True)
class Bar:
    """One day. Numbers are texts, so that no language changes their point."""

    x: str
    y: str
    height: str
    title: str


@dataclass(frozen=True)
class Chart:
    """The bars, in a field of `width` by `HEIGHT`."""

    width: str
    bars: tuple[Bar, ...]
    first: str
    last: str
    top: str
    """What the highest bar stands for."""


def of_days(series: TimeSeries) -> Chart | None:
    """None where there is nothing to draw."""
    points = series.series[0].points if series.series else ()
    highest = max((point.cost.amount for point in points), default=Decimal(0))
    if not highest:
        return None
    bars = []
    for index, (name, point) in enumerate(zip(series.step_names, points, strict=True)):
        height = HEIGHT * point.cost.amount / highest
        bars.append(
            Bar(
                x=str(index * STEP + 1),
                y=f"{HEIGHT - height:.2f}",
                height=f"{height:.2f}",
                title=f"{name}: {formats.money(point.cost)}, "
                f"{formats.count(point.request_count)} requests",
            )
        )
    return Chart(
        width=str(STEP * len(bars)),
        bars=tuple(bars),
        first=series.step_names[0],
        last=series.step_names[-1],
        top=formats.usd(highest),
    )
