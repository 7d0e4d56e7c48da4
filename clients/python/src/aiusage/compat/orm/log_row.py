"""A call of the log, under the names that the applications had for its fields."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from aiusage.compat import _service, _users

from . import missing

if TYPE_CHECKING:
    from aiusage.log import UsageDetail, UsageEntry


class LogRow:
    """One AI call. Its figures are those of the moment when it was read."""

    DoesNotExist: ClassVar[type[Exception]] = missing.ObjectDoesNotExist
    MultipleObjectsReturned: ClassVar[type[Exception]] = missing.MultipleObjectsReturned

    def __init__(self, entry: UsageEntry) -> None:
        """Takes the record of the log."""
        self._entry = entry

    def __init_subclass__(cls) -> None:
        """Each table has errors of its own, as in Django."""
        own = {"__module__": cls.__module__}
        cls.DoesNotExist = type("DoesNotExist", (missing.ObjectDoesNotExist,), own)
        cls.MultipleObjectsReturned = type(
            "MultipleObjectsReturned", (missing.MultipleObjectsReturned,), own
        )

    @property
    def id(self) -> uuid.UUID:
        """The record's id."""
        return uuid.UUID(self._entry.record_id)

    pk = id

    @property
    def user_id(self) -> Any:
        """The key of the user."""
        return _users.key_of(self._entry.user_id)

    @cached_property
    def user(self) -> Any:
        """The user, or None where the application has none of this id any more."""
        return _users.people([self._entry.user_id]).get(self._entry.user_id)

    @property
    def feature(self) -> str:
        """The part of the product."""
        return self._entry.feature

    section = feature

    @property
    def provider(self) -> str:
        """The provider as reported."""
        return self._entry.provider

    @property
    def model(self) -> str:
        """The requested model as reported."""
        return self._entry.model

    model_name = model

    @property
    def function_name(self) -> str:
        """The function inside the feature."""
        return self._entry.function_name

    @property
    def session_id(self) -> str:
        """The session."""
        return self._entry.session_id

    @property
    def job_id(self) -> str:
        """The background job."""
        return self._entry.job_id

    @property
    def input_tokens(self) -> int:
        """Input tokens; 0 where unknown."""
        return self._entry.input_tokens or 0

    prompt_tokens = input_tokens

    @property
    def output_tokens(self) -> int:
        """Output tokens; 0 where unknown."""
        return self._entry.output_tokens or 0

    completion_tokens = output_tokens

    @property
    def total_tokens(self) -> int:
        """Input and output tokens."""
        return self.input_tokens + self.output_tokens

    @property
    def total_cost(self) -> Decimal:
        """What the call cost, USD; 0 while no price is known."""
        return self._entry.cost.amount if self._entry.cost else Decimal(0)

    estimated_cost_usd = cost = total_cost

    @property
    def latency_ms(self) -> int:
        """Milliseconds from request to response; 0 where unknown."""
        return (self._entry.latency or timedelta()) // timedelta(milliseconds=1)

    response_time_ms = duration_ms = latency_ms

    @property
    def status(self) -> str:
        """How the call ended."""
        return self._entry.status

    @property
    def success(self) -> bool:
        """Whether it ended in success."""
        return self._entry.status == "success"

    @property
    def error_message(self) -> str:
        """Why it failed."""
        return self._entry.error_message

    @property
    def cached(self) -> bool:
        """Whether the application's own cache answered."""
        return self._entry.cached_response

    @property
    def created_at(self) -> datetime:
        """When the call was made."""
        return self._entry.event_time

    timestamp = created_at

    @property
    def tags(self) -> Mapping[str, str]:
        """The labels."""
        return self._entry.tags

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What was kept of the request; read from the service when it is looked at."""
        return self._detail.record.request_metadata or {}

    request_metadata = metadata

    @property
    def response_metadata(self) -> Mapping[str, Any]:
        """What was kept of the response; read from the service when it is looked at."""
        return self._detail.record.response_metadata or {}

    def __str__(self) -> str:
        """For people."""
        return f"{self.feature or 'AI call'} of user {self._entry.user_id} at {self.created_at}"

    def __repr__(self) -> str:
        """For people who look for errors."""
        return f"<{type(self).__name__}: {self}>"

    def __eq__(self, other: object) -> bool:
        """The same call."""
        return isinstance(other, LogRow) and other._entry.record_id == self._entry.record_id

    def __hash__(self) -> int:
        """By the call."""
        return hash(self._entry.record_id)

    @cached_property
    def _detail(self) -> UsageDetail:
        return _service.client().get_usage(self._entry.record_id)
