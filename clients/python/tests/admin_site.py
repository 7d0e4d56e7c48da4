"""What the tests of Django's admin begin with: people who may look, and a log to look at."""

from __future__ import annotations

import random
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from html import unescape
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client as Browser

from aiusage import Client, Usage, UsageRecord
from django_people import new_user

MODELS = (
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-3-5-sonnet-20241022"),
    ("acme", "a-model-without-a-price"),
)
STATUSES = ("success", "success", "success", "error", "timeout", "rate_limited", "of_our_own")
FEATURES = ("chat", "search", "")


@dataclass(frozen=True)
class Ledger:
    """Records of users whom no other test knows."""

    records: tuple[UsageRecord, ...]
    users: tuple[str, ...]

    def of(self, user_id: str) -> list[UsageRecord]:
        return [record for record in self.records if record.user_id == user_id]


def fill(client: Client, count: int = 300) -> Ledger:
    """Stores the calls of three users in the last twenty days, the same calls each time."""
    dice = random.Random(20_261_122)
    run = uuid.uuid4()
    users = tuple(f"ledger-{run}-{number}" for number in range(3))
    records = tuple(_call(dice, users) for _ in range(count))
    result = client.record_usage_batch(records)
    assert result.stored_count == count
    for number, user_id in enumerate(users):
        client.upsert_user(user_id, display_name=f"Ada {number}", email=f"{user_id}@example.org")
    return Ledger(records, users)


def _call(dice: random.Random, users: tuple[str, ...]) -> UsageRecord:
    provider, model = dice.choice(MODELS)
    status = dice.choice(STATUSES)
    user_id = dice.choice(users)
    return UsageRecord(
        user_id=user_id,
        feature=dice.choice(FEATURES),
        function_name="answer",
        session_id=f"session-{dice.randrange(20)} of {user_id}",
        job_id=f"job-{dice.randrange(5)} of {user_id}",
        provider=provider,
        model=model,
        usage=Usage(input_tokens=dice.randrange(100, 90_000), output_tokens=dice.randrange(4_000)),
        latency=timedelta(milliseconds=dice.randrange(200, 15_000)),
        status=status,
        error_message="" if status == "success" else "the provider said <b>no</b>",
        cached_response=dice.random() < 0.05,
        event_time=datetime.now(timezone.utc) - timedelta(seconds=dice.randrange(20 * 86_400)),
    )


def signed_in(*permissions: str) -> Browser:
    """A browser of somebody of the staff with these permissions, such as "view_usagelog"."""
    user = new_user()
    user.is_staff = True
    user.save()
    found = Permission.objects.filter(content_type__app_label="aiusage", codename__in=permissions)
    assert len(found) == len(permissions)
    user.user_permissions.set(found)
    browser = Browser()
    browser.force_login(user)
    return browser


def text_of(response: Any) -> str:
    """What a page says, in one line."""
    page = response.content.decode()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def figure(response: Any, name: str) -> str:
    """The exact figure behind one that is shown rounded."""
    found = re.search(rf'id="{name}"[^>]*title="([^"]*)"', response.content.decode())
    assert found, f"the page has no figure {name}"
    return found[1]


def shown(response: Any, name: str) -> str:
    """A figure as it is shown."""
    found = re.search(rf'id="{name}"[^>]*>([^<]*)<', response.content.decode())
    assert found, f"the page has no figure {name}"
    return unescape(found[1]).strip()


def listed(response: Any) -> list[str]:
    """The ids of the records in a list, in order."""
    return re.findall(r'usagelog/([0-9a-f-]+)/change/"', response.content.decode())
