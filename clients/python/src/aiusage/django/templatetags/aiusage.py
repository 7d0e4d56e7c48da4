"""`{% load aiusage %}`: what AI calls cost, in templates."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import template
from django.core.cache import cache

from aiusage.compat import _days, _users
from aiusage.django import conf
from aiusage.django.service import client

if TYPE_CHECKING:
    from aiusage.filters import PeriodFields

register = template.Library()

_log = logging.getLogger("aiusage")
# A page waits no longer than this, and while the service is away, not each time.
_TIMEOUT_S = 1.0
_AWAY_SECONDS = 10
_UNKNOWN = ""


@register.simple_tag
def user_ai_cost(user: Any, days: int | None = None, month: str | None = None) -> Decimal | str:
    """What a user's AI calls cost, in USD: of the last days, a month, or this month.

    `{% user_ai_cost user as cost %}{% if cost != "" %}${{ cost|floatformat:2 }}{% endif %}`.
    The figure may be a minute old (USER_COST_CACHE_SECONDS). Empty for nobody,
    and when the service is away.
    """
    user_id = _users.id_or_nobody(user)
    if not user_id:
        return _UNKNOWN
    key = _cache_key(user_id, days, month)
    try:
        known = cache.get(key)
        if known is None:
            known = _ask(user_id, days, month)
            cache.set(key, known, conf.app_settings().user_cost_cache_seconds)
    except Exception as error:
        # A page without this figure is better than no page.
        _log.warning("cannot show what user %s cost: %s", user_id, error)
        with suppress(Exception):
            cache.set(key, _UNKNOWN, _AWAY_SECONDS)
        return _UNKNOWN
    return Decimal(known) if known else _UNKNOWN


def _ask(user_id: str, days: int | None, month: str | None) -> str:
    period: PeriodFields = {"time_zone": _days.zone_name()}
    if days is not None:
        period["days"] = days
    elif month is not None:
        period["month"] = month
    cost = client().get_user_cost(user_id, timeout=_TIMEOUT_S, **period)
    return f"{cost.totals.cost.amount:f}"


def _cache_key(user_id: str, days: int | None, month: str | None) -> str:
    # Ids may have characters that caches refuse.
    asked = f"{user_id}\n{days}\n{month}\n{_days.zone_name()}"
    return f"aiusage.user_cost.{hashlib.sha256(asked.encode()).hexdigest()}"
