"""Why a call failed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

    from .answers import FieldViolation
    from .reservations import BudgetRefusal
    from .values import TimeRange

# What is longer than any range that can be asked for is all time.
_PERIOD_MAX = timedelta(days=3660)


class ConfigurationError(ValueError):
    """The client does not know where the service is, or has no API key for it."""


class AiusageError(Exception):
    """A call failed. Branch on the class, or on `code` and `reason`; never on the text.

    Attributes:
        code: The gRPC code, such as "INVALID_ARGUMENT".
        reason: The name of an `ErrorReason` without its prefix, such as
            "INVALID_FIELDS". Empty when something other than the service failed.
        message: What happened, for a person.
        metadata: Further facts that belong to the reason.
        violations: Every wrong field, for INVALID_FIELDS.
        retry_delay: How long the service asks to wait before the next try.
    """

    # Only the message is positional and the rest has defaults: so an error
    # survives pickling, as task queues do to it.
    def __init__(
        self,
        message: str,
        *,
        code: str = "UNKNOWN",
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[FieldViolation] = (),
        retry_delay: timedelta | None = None,
    ) -> None:
        """Takes what the attributes say."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_delay = retry_delay

    def __str__(self) -> str:
        """The reason, the message and every violation that it does not tell, a line for each."""
        lines = [f"{self.reason or self.code}: {self.message}"]
        violations = [f"{wrong.field}: {wrong.description}" for wrong in self.violations]
        lines += [f"  {violation}" for violation in violations if violation not in self.message]
        return "\n".join(lines)


class InvalidArgumentError(AiusageError):
    """The request is wrong; `violations` says where. A retry fails too."""


class RecordIdReusedError(AiusageError):
    """The record_id belongs to a record with other content, which is unchanged."""


class UnauthenticatedError(AiusageError):
    """The API key is missing, wrong, expired or revoked."""


class NotFoundError(AiusageError):
    """What was asked for does not exist."""


class UnavailableError(AiusageError):
    """The service is away or full. Tries were made; a later one may succeed."""


class DeadlineExceededError(AiusageError):
    """No answer in time. A record may have been stored: retry with the same record_id."""


# Being refused is an answer that a program expects, hence not named an error.
class BudgetExceeded(AiusageError):  # noqa: N818
    """A budget has no room for the call, so do not make it.

    Attributes:
        budget_id: The budget; of several, the one that lacks most.
        user_id: The user, for a budget of each user.
        limit: Its limit.
        used: What was used of it.
        reserved: What calls under way hold of it.
        requested: What this call would have held.
        period: The period; at its end a new one begins.
    """

    def __init__(self, refusal: BudgetRefusal) -> None:
        """Says what the refusal says."""
        message = _no_room(refusal)
        super().__init__(message, code="RESOURCE_EXHAUSTED", reason="BUDGET_EXCEEDED")
        self.budget_id = refusal.budget_id
        self.user_id = refusal.user_id
        self.limit = refusal.limit
        self.used = refusal.used
        self.reserved = refusal.reserved
        self.requested = refusal.requested
        self.period = refusal.period
        self._refusal = refusal

    def __reduce__(self) -> tuple[type[Self], tuple[BudgetRefusal], dict[str, Any]]:
        """Survives pickling, as the others do."""
        return type(self), (self._refusal,), vars(self)


def _no_room(refusal: BudgetRefusal) -> str:
    of_user = f" of user {refusal.user_id}" if refusal.user_id else ""
    return (
        f"budget {refusal.budget_id}{of_user} has no room for {refusal.requested}: "
        f"of {refusal.limit}, {refusal.used} are used and {refusal.reserved} are reserved, "
        + _when(refusal.period)
    )


def _when(period: TimeRange) -> str:
    if period.end_time - period.start_time > _PERIOD_MAX:
        return "without an end of the period"
    return f"in the period until {period.end_time.isoformat()}"
