"""Users of the Django project in its admin: searched by name, and named where ids would stand."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.test import override_settings

from admin_site import listed, signed_in, text_of
from aiusage import Client, Usage, UsageRecord
from django_people import new_user

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client as Browser

LOG = "/admin/aiusage/usagelog/"
SUMMARIES = "/admin/aiusage/usersummary/"

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture
def person(site: None) -> User:
    last_name = f"Lovelace-{uuid.uuid4().hex[:12]}"
    return new_user(first_name="Ada", last_name=last_name)


@pytest.fixture
def call(client: Client, person: User) -> UsageRecord:
    """A call of somebody whose name the service was never told."""
    usage = Usage(input_tokens=10, output_tokens=1)
    sent = UsageRecord(user_id=str(person.pk), provider="openai", model="gpt-4o", usage=usage)
    client.record_usage(sent)
    return sent


def browser_who_may_see_users() -> Browser:
    browser = signed_in("view_usagelog", "view_usersummary")
    user = new_user_of(browser)
    user.user_permissions.add(Permission.objects.get(codename="view_user"))
    return browser


def new_user_of(browser: Browser) -> Any:
    from django.contrib.auth import get_user

    return get_user(browser)


def test_calls_are_found_by_who_made_them(person: User, call: UsageRecord) -> None:
    browser = browser_who_may_see_users()
    for search in (
        person.username,
        person.username[4:20].upper(),
        person.email,
        person.last_name,
        f"ada {person.last_name}",
        str(person.pk),
    ):
        page = browser.get(LOG, {"q": search})
        assert listed(page) == [call.record_id]
        assert "Calls of 1 user found" in text_of(page)
        assert f"Ada {person.last_name}" in text_of(page)
        # Figures and files are of the same calls.
        assert re.search(r'id="request-count">1<', page.content.decode())
        file = browser.get(f"{LOG}export/", {"q": search, "format": "csv"}).getvalue().decode()
        assert call.record_id in file
        assert len(file.strip().splitlines()) == 2


def test_text_of_records_is_searched_as_well(
    client: Client, person: User, call: UsageRecord
) -> None:
    mention = UsageRecord(user_id="somebody-else", model="gpt-4o", feature=person.last_name)
    client.record_usage(mention)
    browser = browser_who_may_see_users()
    assert listed(browser.get(LOG, {"q": person.last_name})) == [call.record_id]
    page = browser.get(LOG, {"q": person.last_name, "in": "records"})
    assert listed(page) == [mention.record_id]
    of_other = browser.get(LOG, {"q": person.last_name, "user": "somebody-else"})
    assert listed(of_other) == [mention.record_id]


def test_names_stand_where_ids_would(person: User, call: UsageRecord) -> None:
    browser = browser_who_may_see_users()
    name = f"Ada {person.last_name}"
    for path in (
        f"{LOG}?user={person.pk}",
        f"{LOG}{call.record_id}/change/",
        f"{SUMMARIES}?user={person.pk}",
        f"{SUMMARIES}?user={person.pk}&by=day",
        f"{SUMMARIES}{person.pk}/change/",
    ):
        assert name in text_of(browser.get(path))
    found = text_of(browser.get(SUMMARIES, {"q": person.email}))
    assert f"{person.pk} {name} {person.email}" in found


def test_who_may_not_see_users_learns_nothing_of_them(person: User, call: UsageRecord) -> None:
    browser = signed_in("view_usagelog", "view_usersummary")
    page = browser.get(LOG, {"q": person.email})
    assert listed(page) == []
    assert "for those who may view users" in text_of(page)
    assert listed(browser.get(LOG, {"q": str(person.pk)})) == [call.record_id]
    for path in (f"{LOG}?user={person.pk}", f"{SUMMARIES}{person.pk}/change/"):
        assert person.last_name not in text_of(browser.get(path))
    assert "Nobody matches" in text_of(browser.get(SUMMARIES, {"q": person.email}))


def test_ids_of_the_projects_own_making(
    client: Client, person: User, settings_of_site: dict[str, Any]
) -> None:
    sent = UsageRecord(user_id=person.email, model="gpt-4o")
    client.record_usage(sent)
    # Somebody else's id looks like this one's key.
    other = UsageRecord(user_id=str(person.pk), model="gpt-4o")
    client.record_usage(other)
    with override_settings(AIUSAGE={**settings_of_site, "USER_ID": lambda user: user.email}):
        browser = browser_who_may_see_users()
        assert listed(browser.get(LOG, {"q": person.last_name})) == [sent.record_id]
        page = browser.get(LOG, {"user": str(person.pk)})
        assert listed(page) == [other.record_id]
        assert person.last_name not in text_of(page)


def test_a_call_page_names_a_nameless_user_once(client: Client) -> None:
    sent = UsageRecord(user_id=f"nameless-{uuid.uuid4()}", model="gpt-4o")
    client.record_usage(sent)
    page = signed_in("view_usagelog").get(f"{LOG}{sent.record_id}/change/")
    assert f"User {sent.user_id} " in text_of(page)
    assert text_of(page).count(sent.user_id) == 1


@pytest.mark.parametrize(
    "search", ["\0", "999999999999999999999999", "' OR 1=1 --", "%", "a " * 90]
)
def test_odd_searches(site: None, search: str) -> None:
    browser = browser_who_may_see_users()
    assert browser.get(SUMMARIES, {"q": search}).status_code in (200, 400)
    assert browser.get(LOG, {"q": search}).status_code in (200, 400)


def test_ids_that_are_no_keys(client: Client) -> None:
    ids = ["9" * 30, f"0{uuid.uuid4()}", "-1"]
    client.record_usage_batch(UsageRecord(user_id=user_id, model="gpt-4o") for user_id in ids)
    browser = browser_who_may_see_users()
    for user_id in ids:
        assert user_id in text_of(browser.get(LOG, {"user": user_id}))
