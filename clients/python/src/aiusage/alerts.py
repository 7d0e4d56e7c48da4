"""What somebody should know, and where it is sent. The proto messages say more of each field."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from .budgets import BudgetAmount
from .values import TimeRange


class AlertKind(enum.Enum):
    """Kinds of alert."""

    UNSPECIFIED = 0
    """A kind that this version of the client does not know."""
    THRESHOLD = 1
    """A budget has reached one of its thresholds other than 100 %."""
    EXHAUSTED = 2
    """A budget has reached its limit."""
    REFUSED = 3
    """A hard budget has refused a reservation."""
    UNPRICED_USAGE = 4
    """Records came in under a name that has no price."""
    ANOMALY = 5
    """The last hour cost far more than the hours of the days before."""
    DAILY_BUDGET = 6
    """The budget of a whole tenant for a day has reached its limit."""


class DeliveryState(enum.Enum):
    """How a delivery stands."""

    UNSPECIFIED = 0
    """A state that this version of the client does not know."""
    PENDING = 1
    """It will be tried (again)."""
    DELIVERED = 2
    """The destination took it."""
    DEAD = 3
    """It was given up; `replay_webhook` tries again."""


@dataclass(frozen=True)
class Alert:
    """Something that somebody should know."""

    alert_id: str
    """Also the webhook-id of its deliveries."""
    kind: AlertKind
    message: str
    """One sentence for a person."""
    budget_id: str
    user_id: str
    """The user, for a budget of one user or each user."""
    threshold_percent: int
    """The percentage that was reached, for THRESHOLD and EXHAUSTED."""
    period: TimeRange | None
    """The period of the budget; for ANOMALY the hour."""
    used: BudgetAmount | None
    """For ANOMALY the cost of the hour."""
    limit: BudgetAmount | None
    """For ANOMALY the usual cost of an hour."""
    provider: str
    """As reported, for UNPRICED_USAGE."""
    model: str
    """As reported, for UNPRICED_USAGE."""
    create_time: datetime
    acknowledge_time: datetime | None
    """None: nobody has acknowledged it yet."""
    acknowledged_by: str
    """Id of the API key that acknowledged it."""


@dataclass(frozen=True)
class Webhook:
    """A destination to which alerts are posted."""

    webhook_id: str
    url: str
    kinds: tuple[AlertKind, ...]
    """Only these kinds. None: all."""
    create_time: datetime | None
    """None where the destination was only checked."""


@dataclass(frozen=True)
class CreatedWebhook:
    """A new destination, and the secret that signs what is posted to it."""

    webhook: Webhook
    secret: str = field(repr=False)
    """Not shown again."""


@dataclass(frozen=True)
class WebhookDelivery:
    """One alert on its way to one destination."""

    alert_id: str
    state: DeliveryState
    attempt_count: int
    next_attempt_time: datetime | None
    """None: it is not tried again."""
    last_attempt_time: datetime | None
    last_status: int
    """HTTP status of the last answer. 0: there was none."""
    last_error: str
    """What went wrong last."""
    create_time: datetime
    """When the alert was raised."""
