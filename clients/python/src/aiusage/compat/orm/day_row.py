"""A user's day, under the names that the applications had for its sums."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from aiusage.compat import _days, _service, _users
from aiusage.filters import Dimension, UsageFilter

from . import groups, missing

if TYPE_CHECKING:
    from aiusage.answers import UsageTotals
    from aiusage.values import TimeRange


class DayRow:
    """What a user's calls of one day come to."""

    DoesNotExist: ClassVar[type[Exception]] = missing.ObjectDoesNotExist
    MultipleObjectsReturned: ClassVar[type[Exception]] = missing.MultipleObjectsReturned

    def __init__(self, user_id: str, day: date, totals: UsageTotals | None = None) -> None:
        """Without sums, they are read when they are looked at."""
        self._user_id = user_id
        self.date = day
        if totals is not None:
            self._totals = totals

    def __init_subclass__(cls) -> None:
        """Each table has errors of its own, as in Django."""
        own = {"__module__": cls.__module__}
        cls.DoesNotExist = type("DoesNotExist", (missing.ObjectDoesNotExist,), own)
        cls.MultipleObjectsReturned = type(
            "MultipleObjectsReturned", (missing.MultipleObjectsReturned,), own
        )

    @property
    def user_id(self) -> Any:
        """The key of the user."""
        return _users.key_of(self._user_id)

    @cached_property
    def user(self) -> Any:
        """The user, or None where the application has none of this id any more."""
        return _users.people([self._user_id]).get(self._user_id)

    @property
    def total_cost(self) -> Decimal:
        """What the calls cost, USD."""
        return self._totals.cost.amount

    @property
    def total_requests(self) -> int:
        """How many calls there were."""
        return self._totals.request_count

    request_count = total_requests

    @property
    def total_input_tokens(self) -> int:
        """Input tokens of all calls."""
        return self._totals.input_tokens

    total_prompt_tokens = total_input_tokens

    @property
    def total_output_tokens(self) -> int:
        """Output tokens of all calls."""
        return self._totals.output_tokens

    total_completion_tokens = total_output_tokens

    @property
    def total_tokens(self) -> int:
        """Input and output tokens of all calls."""
        return self._totals.input_tokens + self._totals.output_tokens

    @property
    def successful_requests(self) -> int:
        """Calls that ended in success."""
        return self._totals.request_count - self._totals.error_count

    @property
    def failed_requests(self) -> int:
        """Calls that did not."""
        return self._totals.error_count

    @property
    def cached_requests(self) -> int:
        """Calls that the application's own cache answered."""
        return self._totals.cached_count

    @property
    def success_rate(self) -> float:
        """Percent of calls that ended in success; 0 without calls."""
        requests = self._totals.request_count
        return 100 * self.successful_requests / requests if requests else 0.0

    @cached_property
    def average_response_time_ms(self) -> float:
        """Mean milliseconds of a call; 0 where no call told its time."""
        stats = _service.client().get_stats(filter=self._filter, range=self._range)
        return groups.mean_latency_ms(stats.current) or 0.0

    @property
    def average_latency_ms(self) -> float:
        """The same."""
        return self.average_response_time_ms

    @cached_property
    def cost_by_feature(self) -> dict[str, Decimal]:
        """The cost of each feature."""
        return self._costs(Dimension.FEATURE)

    @cached_property
    def cost_by_provider(self) -> dict[str, Decimal]:
        """The cost of each provider."""
        return self._costs(Dimension.PROVIDER)

    def __str__(self) -> str:
        """For people; asks nobody."""
        return f"user {self._user_id} on {self.date}"

    def __repr__(self) -> str:
        """For people who look for errors."""
        return f"<{type(self).__name__}: {self}>"

    @cached_property
    def _totals(self) -> UsageTotals:
        client = _service.client()
        return client.get_breakdown(
            Dimension.PROVIDER, top=1, filter=self._filter, range=self._range
        ).totals

    def _costs(self, dimension: Dimension) -> dict[str, Decimal]:
        found = _service.client().get_breakdown(
            dimension, top=1_000, filter=self._filter, range=self._range
        )
        return {row.key: row.totals.cost.amount for row in found.rows}

    @property
    def _filter(self) -> UsageFilter:
        return UsageFilter(user_ids=[self._user_id])

    @property
    def _range(self) -> TimeRange:
        return _days.days_range(self.date, self.date)
