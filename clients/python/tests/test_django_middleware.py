"""Calls of a request belong to its user and session, and other requests pay nothing."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import AsyncClient, RequestFactory, override_settings
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

import aiusage
from aiusage import Client, UsageFilter
from aiusage.django import directory
from aiusage.django.request_context import context_of
from aiusage.log import UsageEntry
from aiusage.tracking.ambient import Context
from django_people import new_user
from waiting import await_that

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture
def user(site: None) -> User:
    return new_user()


@pytest.fixture
def browser(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def async_browser(browser: Browser) -> AsyncClient:
    async_browser = AsyncClient()
    async_browser.cookies = browser.cookies
    return async_browser


def calls_of(client: Client, user_id: object) -> list[UsageEntry]:
    assert aiusage.flush(10)
    return list(client.list_usage(filter=UsageFilter(user_ids=[str(user_id)])))


def queries(browser: Browser, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def test_a_call_belongs_to_the_user_and_the_session(
    client: Client, browser: Browser, user: User
) -> None:
    for _ in range(2):
        browser.get("/one-call/")
    one, two = calls_of(client, user.pk)
    assert one.session_id == two.session_id
    assert len(one.session_id) == 32


def test_the_key_of_a_session_is_not_told(client: Client, browser: Browser, user: User) -> None:
    browser.get("/one-call/")
    (call,) = calls_of(client, user.pk)
    assert browser.cookies["sessionid"].value not in str(client.get_usage(call.record_id))


def test_a_request_without_a_call_asks_for_nobody(browser: Browser) -> None:
    assert queries(browser, "/no-call/") == 0
    # The session and the user.
    assert queries(browser, "/one-call/") == 2


def test_nobody_is_nobody(client: Client, settings_of_site: dict[str, Any], user_id: str) -> None:
    with override_settings(AIUSAGE={**settings_of_site, "DEFAULT_USER_ID": user_id}):
        response = Browser().get("/one-call/")
        (call,) = calls_of(client, user_id)
    assert call.session_id == ""
    assert "sessionid" not in response.cookies


def test_a_context_inside_wins(client: Client, browser: Browser, user_id: str, user: User) -> None:
    browser.get("/other-user/", {"user": user_id})
    (call,) = calls_of(client, user_id)
    assert call.session_id
    assert call.tags == {"view": "other"}
    assert calls_of(client, user.pk) == []


def test_settings_name_users_sessions_and_tags(
    client: Client, browser: Browser, settings_of_site: dict[str, Any], user: User
) -> None:
    own = {
        "USER_ID": lambda user: f"own-{user.pk}",
        "SESSION_ID": lambda request: f"session-{request.user.pk}",
        "TAGS": {"environment": "test"},
    }
    with override_settings(AIUSAGE={**settings_of_site, **own}):
        browser.get("/one-call/")
        (call,) = calls_of(client, f"own-{user.pk}")
    assert call.session_id == f"session-{user.pk}"
    assert call.tags == {"environment": "test"}


def test_what_cannot_be_told_breaks_no_request(
    browser: Browser,
    settings_of_site: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: object) -> str:
        raise RuntimeError("no id")

    with override_settings(AIUSAGE={**settings_of_site, "USER_ID": fail, "SESSION_ID": False}):
        assert browser.get("/one-call/").status_code == 200
    assert "cannot tell the user of a request" in caplog.text


def test_a_streamed_response_takes_its_user_along(
    client: Client, browser: Browser, user: User
) -> None:
    response = cast("StreamingHttpResponse", browser.get("/streamed/"))
    assert aiusage.current_context().feature == ""
    assert b"".join(cast("Iterator[bytes]", response.streaming_content)) == b"ab"
    assert {call.feature for call in calls_of(client, user.pk)} == {"first", "second"}
    assert aiusage.current_context().user_id == ""


def test_async_views(client: Client, async_browser: AsyncClient, user: User) -> None:
    async def visit() -> None:
        assert (await async_browser.get("/one-call-async/")).status_code == 200
        known = await async_browser.get("/known-user-async/")
        assert known.content == str(user.pk).encode()
        # A sync view in an async project runs in a thread.
        assert (await async_browser.get("/one-call/")).status_code == 200

    asyncio.run(visit())
    calls = calls_of(client, user.pk)
    assert [call.feature for call in calls] == ["view", "async", "async"]
    assert len({call.session_id for call in calls}) == 1


def test_users_whose_ids_need_a_query_in_async_views(
    client: Client, async_browser: AsyncClient, settings_of_site: dict[str, Any], user: User
) -> None:
    def own(user: User) -> str:
        return f"{user.pk} of {user.groups.count()} groups"

    async def visit() -> None:
        await async_browser.get("/one-call-async/")
        await async_browser.get("/known-user-async/")
        await async_browser.get("/compat-async/")

    with override_settings(AIUSAGE={**settings_of_site, "USER_ID": own}):
        asyncio.run(visit())
        assert len(calls_of(client, f"{user.pk} of 0 groups")) == 3


def test_an_async_streamed_response_takes_its_user_along(
    client: Client, async_browser: AsyncClient, user: User
) -> None:
    async def visit() -> bytes:
        response = cast("StreamingHttpResponse", await async_browser.get("/streamed-async/"))
        parts = cast("AsyncIterator[bytes]", response.streaming_content)
        return b"".join([part async for part in parts])

    assert asyncio.run(visit()) == b"ab"
    assert {call.feature for call in calls_of(client, user.pk)} == {"first", "second"}


def test_requests_at_once_keep_their_users(client: Client, site: None) -> None:
    users = [new_user() for _ in range(8)]

    async def visit(user: User) -> None:
        browser = AsyncClient()
        await browser.aforce_login(user)
        for _ in range(3):
            await browser.get("/one-call-async/")

    async def visit_all() -> None:
        await asyncio.gather(*map(visit, users))

    asyncio.run(visit_all())
    assert [len(calls_of(client, user.pk)) for user in users] == [3] * 8


def test_names_are_told_if_the_settings_say_so(
    client: Client, settings_of_site: dict[str, Any]
) -> None:
    user = new_user(first_name="Some", last_name="Body")
    browser = Browser()
    browser.force_login(user)
    with override_settings(AIUSAGE={**settings_of_site, "USER_DIRECTORY": True}):
        browser.get("/one-call/")
        calls_of(client, user.pk)
        await_that(lambda: any(one.email for one in client.list_users(search=str(user.pk))))
    known = client.get_user(str(user.pk))
    assert (known.display_name, known.email) == ("Some Body", user.email)


def test_a_name_that_cannot_be_told_loses_no_user(
    client: Client,
    browser: Browser,
    settings_of_site: dict[str, Any],
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(type(user), "get_full_name", lambda _: 1 / 0)
    with override_settings(AIUSAGE={**settings_of_site, "USER_DIRECTORY": True}):
        browser.get("/one-call/")
        assert len(calls_of(client, user.pk)) == 1
    assert "cannot tell the service the name" in caplog.text


def test_names_without_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.delattr(os, "register_at_fork")
    spec = importlib.util.spec_from_file_location("aiusage.django.again", directory.__file__)
    assert spec is not None and spec.loader is not None  # noqa: PT018
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_names_are_not_told_otherwise(client: Client, browser: Browser, user: User) -> None:
    browser.get("/one-call/")
    calls_of(client, user.pk)
    (known,) = client.list_users(search=str(user.pk))
    assert (known.display_name, known.email) == ("", "")


def test_users_of_another_kind(client: Client, settings_of_site: dict[str, Any]) -> None:
    """Models of users need not have a full name, nor an id for records."""

    class Bare:
        pk = 7
        is_authenticated = True

        def get_username(self) -> str:
            return "bare"

        def get_email_field_name(self) -> str:
            return "address"

    request = RequestFactory().get("/")
    request.user = cast("Any", Bare())
    nobody = {"USER_ID": lambda user: None}
    with override_settings(AIUSAGE={**settings_of_site, "USER_DIRECTORY": True}):
        assert context_of(request, Context()).user_id == "7"
    with override_settings(AIUSAGE={**settings_of_site, **nobody}):
        assert context_of(request, Context()).user_id == ""
