"""For applications with `AI_model`: change the import, keep the calls.

    from AI_model.services.usage_tracker import AIUsageTracker, track_ai_usage_safe
    from AI_model.services import track_ai_usage_safe
    from AI_model.models import AIUsageLog, AIUsageTracking

become

    from aiusage.compat.dual import AIUsageLog, AIUsageTracker, AIUsageTracking, track_ai_usage_safe

These calls name no provider, and seldom a model: `DEFAULT_PROVIDER` and `DEFAULT_MODEL`
of the setting AIUSAGE stand for them ("gemini-1.5-flash" unless told otherwise).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar

import aiusage
from aiusage import Usage, new_record_id
from aiusage.answers import CostStatus
from aiusage.log import UsageEntry
from aiusage.tracking.tracker import Tracker

from . import _days, _users
from .orm.day_row import DayRow
from .orm.log_row import LogRow
from .orm.rows import Calls, Days, Rows

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from aiusage.tracking.tracker import TokenFields

_log = logging.getLogger("aiusage")

SECTION_CHOICES = (
    ("chat", "Customer Chat"),
    ("prompt_generation", "Prompt Generation"),
    ("marketing_workflow", "Marketing Workflow"),
    ("knowledge_qa", "Knowledge Base Q&A"),
    ("product_recommendation", "Product Recommendation"),
    ("rag_pipeline", "RAG Pipeline"),
    ("web_knowledge", "Web Knowledge Processing"),
    ("session_memory", "Session Memory Summary"),
    ("intent_detection", "Intent Detection"),
    ("embedding_generation", "Embedding Generation"),
    ("other", "Other"),
)
CHAT, PROMPT_GENERATION, MARKETING_WORKFLOW, KNOWLEDGE_QA, PRODUCT_RECOMMENDATION = (
    code for code, _ in SECTION_CHOICES[:5]
)
RAG_PIPELINE, WEB_KNOWLEDGE, SESSION_MEMORY, INTENT_DETECTION, EMBEDDING_GENERATION, OTHER = (
    code for code, _ in SECTION_CHOICES[5:]
)


class AIUsageLog(LogRow):
    """One AI call of the log."""

    SECTION_CHOICES: ClassVar = SECTION_CHOICES
    objects: ClassVar[Rows[AIUsageLog]] = Rows("AIUsageLog", Calls)

    def get_section_display(self) -> str:
        """The section's name for people."""
        return dict(SECTION_CHOICES).get(self.section, self.section)

    @classmethod
    def log_usage(
        cls,
        user: Any,
        section: str,
        prompt_tokens: int = 0,
        completion_tokens: int = 0,
        response_time_ms: int = 0,
        success: bool = True,
        model_name: str | None = None,
        error_message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        provider: str | None = None,
    ) -> AIUsageLog:
        """Records a call that is over. The day's sums follow by themselves."""
        entry = UsageEntry(
            record_id=new_record_id(),
            event_time=datetime.now(timezone.utc),
            user_id=_users.id_of(user) or aiusage.current_context().user_id,
            user_display_name="",
            feature=section,
            function_name="",
            session_id="",
            job_id="",
            provider=provider if provider is not None else _default("provider"),
            model=model_name or _default("model"),
            response_model="",
            input_tokens=prompt_tokens or 0,
            output_tokens=completion_tokens or 0,
            cache_read_tokens=None,
            cache_write_tokens=None,
            output_reasoning_tokens=None,
            latency=timedelta(milliseconds=response_time_ms or 0),
            time_to_first_token=None,
            status="success" if success else "error",
            error_message=error_message or "",
            cached_response=False,
            cost=None,
            cost_status=CostStatus.UNSPECIFIED,
            tags={},
        )
        _record(entry, metadata)
        return cls(entry)


class AIUsageTracking(DayRow):
    """What a user's calls of one day come to."""

    objects: ClassVar[Rows[AIUsageTracking]] = Rows("AIUsageTracking", Days)

    @classmethod
    def update_stats(cls, user: Any, *counts: Any, **more: Any) -> AIUsageTracking:
        """Today's sums. There is nothing to update: they follow from the log."""
        return cls(_users.id_of(user), _days.today())


def track_ai_usage(
    user: Any,
    section: str,
    prompt_tokens: int = 0,
    completion_tokens: int = 0,
    response_time_ms: int = 0,
    success: bool = True,
    model_name: str | None = None,
    error_message: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    provider: str | None = None,
) -> tuple[AIUsageLog, AIUsageTracking]:
    """Records a call that is over; answers it and the user's day.

    It is sent in the background. The sums of the day are read when they are looked at.
    """
    log = AIUsageLog.log_usage(
        user,
        section,
        prompt_tokens,
        completion_tokens,
        response_time_ms,
        success,
        model_name,
        error_message,
        metadata,
        provider,
    )
    return log, AIUsageTracking.update_stats(user)


def track_ai_usage_safe(
    user: Any, section: str, *counts: Any, **more: Any
) -> tuple[AIUsageLog | None, AIUsageTracking | None]:
    """As `track_ai_usage`; what goes wrong is logged, and (None, None) is answered."""
    try:
        return track_ai_usage(user, section, *counts, **more)
    except Exception:
        _log.exception("cannot record AI usage in section %r", section)
        return None, None


class AIUsageTracker(Tracker):
    """Measures the AI call in its block: `with AIUsageTracker(user, "chat") as tracker`."""

    def __init__(
        self,
        user: Any,
        section: str,
        model_name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        provider: str | None = None,
    ) -> None:
        """A user who is not logged in counts as nobody."""
        super().__init__(
            provider if provider is not None else _default("provider"),
            model_name or _default("model"),
            user_id=_users.id_or_nobody(user) or None,
            feature=section,
            request_metadata=metadata,
        )

    # Its names are those of the tracker that it stands for.
    def set_tokens(  # type: ignore[override]
        self,
        prompt_tokens: int | None = None,
        completion_tokens: int | None = None,
        **counts: Unpack[TokenFields],
    ) -> None:
        """Sets what the call used; the other names are those of `Usage`."""
        if prompt_tokens is not None:
            counts["input_tokens"] = prompt_tokens
        if completion_tokens is not None:
            counts["output_tokens"] = completion_tokens
        super().set_tokens(**counts)

    def set_metadata(
        self,
        metadata: Mapping[str, Any] | None = None,
        *,
        request: Mapping[str, Any] | None = None,
        response: Mapping[str, Any] | None = None,
    ) -> None:
        """Adds to what is kept of the call."""
        super().set_metadata(request={**(metadata or {}), **(request or {})}, response=response)


def _record(entry: UsageEntry, metadata: Mapping[str, Any] | None) -> None:
    known = {name for name in metadata or {} if (metadata or {})[name] is not None}
    aiusage.record(
        user_id=entry.user_id,
        record_id=entry.record_id,
        event_time=entry.event_time,
        feature=entry.feature,
        provider=entry.provider,
        model=entry.model,
        usage=Usage(input_tokens=entry.input_tokens, output_tokens=entry.output_tokens),
        latency=entry.latency,
        status=entry.status,
        error_message=entry.error_message,
        request_metadata={name: (metadata or {})[name] for name in known} or None,
    )


def _default(what: str) -> str:
    """The provider or model of calls that name none."""
    if _days.settings_are_there():
        from aiusage.django.conf import app_settings

        return str(getattr(app_settings(), f"default_{what}"))
    return {"provider": "", "model": "gemini-1.5-flash"}[what]
