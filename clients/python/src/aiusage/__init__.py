"""What did every AI request cost, who caused it, and may they make the next one?"""

from ._ids import new_record_id
from .aio import AsyncClient
from .answers import (
    BatchResult,
    BudgetStatus,
    CauWindow,
    CostStatus,
    FieldViolation,
    ModelPrice,
    PriceOrigin,
    Rate,
    Receipt,
    RecordResult,
    Refusal,
    ResolvedPrice,
    UsageBreakdown,
    UsageTotals,
    UserCost,
)
from .client import Client
from .errors import (
    AiusageError,
    ConfigurationError,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    RecordIdReusedError,
    UnauthenticatedError,
    UnavailableError,
)
from .records import TokenConvention, Usage, UsageRecord
from .values import Amount, Money, TimeRange

__all__ = [
    "AiusageError",
    "Amount",
    "AsyncClient",
    "BatchResult",
    "BudgetStatus",
    "CauWindow",
    "Client",
    "ConfigurationError",
    "CostStatus",
    "DeadlineExceededError",
    "FieldViolation",
    "InvalidArgumentError",
    "ModelPrice",
    "Money",
    "NotFoundError",
    "PriceOrigin",
    "Rate",
    "Receipt",
    "RecordIdReusedError",
    "RecordResult",
    "Refusal",
    "ResolvedPrice",
    "TimeRange",
    "TokenConvention",
    "UnauthenticatedError",
    "UnavailableError",
    "Usage",
    "UsageBreakdown",
    "UsageRecord",
    "UsageTotals",
    "UserCost",
    "new_record_id",
]
