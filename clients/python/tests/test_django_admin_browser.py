"""Django's admin in a browser that runs no foreign code: what people see and click."""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import expect, sync_playwright

from admin_site import Ledger, fill
from aiusage import Client, Dimension, UsageFilter
from aiusage.django import formats
from django_people import new_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

ADMIN = "/admin/aiusage/"
ZONE = "Europe/Berlin"
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"
PHONE = {"viewport": {"width": 375, "height": 800}}
DARK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}

pytestmark = pytest.mark.usefixtures("site")


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing of requests."""


def _strict(application: Any) -> Callable[..., Any]:
    """Adds the policy that a careful project has."""

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("Content-Security-Policy", POLICY)], *rest)

        return application(environ, start)

    return answer


@pytest.fixture(scope="module")
def address(site: None) -> Iterator[str]:
    """The test project on a port."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _QuietHandler)
    server.daemon_threads = True
    server.set_app(_strict(StaticFilesHandler(get_wsgi_application())))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium(session: str) -> Iterator[Browser]:
    """The browser in the PATH, or the one that CHROMIUM names."""
    # Started after the session is made: its event loop keeps this thread from the database.
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        raise RuntimeError("these tests need Chromium: install it, or name it with CHROMIUM")
    with sync_playwright() as playwright:
        # The sandbox wants rights that a container's root lacks; only our own pages are shown.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def ledger(client: Client) -> Ledger:
    return fill(client)


@pytest.fixture(scope="module")
def session(site: None) -> str:
    """The cookie of somebody who may do everything."""
    from django.test import Client as TestBrowser

    user = new_user()
    user.is_staff = user.is_superuser = True
    user.save()
    browser = TestBrowser()
    browser.force_login(user)
    return browser.cookies["sessionid"].value


@contextmanager
def visit(chromium: Browser, address: str, session: str, options: dict[str, Any]) -> Iterator[Page]:
    """A page of somebody who is signed in; afterwards no page has complained."""
    context = chromium.new_context(base_url=address, locale="en-GB", **options)
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # A browser asks for it by itself; a project has one or not.
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    try:
        yield page
    finally:
        context.close()
    assert complaints == []


def see(page: Page, path: str) -> None:
    """Opens a page, which fits the window."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window


@pytest.mark.parametrize("options", [DESKTOP, PHONE, DARK], ids=["desktop", "phone", "dark"])
def test_every_page_shows_what_the_client_says(
    chromium: Browser,
    address: str,
    session: str,
    client: Client,
    ledger: Ledger,
    options: dict[str, Any],
) -> None:
    record_id = ledger.records[0].record_id
    top = client.list_top_users(top=1, days=30, time_zone=ZONE)
    stats = client.get_stats(days=30, time_zone=ZONE).current
    with visit(chromium, address, session, options) as page:
        see(page, f"{ADMIN}usagelog/")
        expect(page.locator("#total-cost")).to_have_attribute("title", str(stats.totals.cost))
        expect(page.locator("#request-count")).to_have_text(
            formats.count(stats.totals.request_count)
        )
        expect(page.locator("#result_list tbody tr")).to_have_count(100)
        see(page, f"{ADMIN}usagelog/{record_id}/change/")
        expect(page.locator("#content h1")).to_contain_text(record_id)
        see(page, f"{ADMIN}usersummary/")
        expect(page.locator("#total-cost")).to_have_attribute("title", str(stats.totals.cost))
        expect(page.locator("#result_list tbody tr").first).to_contain_text(
            formats.money(top.users[0].totals.cost)
        )
        see(page, f"{ADMIN}usersummary/?by=day")
        see(page, f"{ADMIN}usersummary/{ledger.users[0]}/change/")
        see(page, f"{ADMIN}price/?q=gpt-4o")
        see(page, f"{ADMIN}price/openai/gpt-4o/change/")
        see(page, f"{ADMIN}price/add/?provider=openai&model=gpt-4o")
        see(page, f"{ADMIN}price/openai/gpt-4o/end/")


@pytest.mark.parametrize("options", [DESKTOP, DARK], ids=["light", "dark"])
def test_tables_fit_a_desktop(
    client: Client,
    chromium: Browser,
    address: str,
    session: str,
    ledger: Ledger,
    options: dict[str, Any],
) -> None:
    # Long names, and figures as they are: other tests leave some that no project has.
    feature = str(uuid.uuid4()).ljust(128, "f")
    names: dict[str, Any] = {"status": "s" * 64, "feature": feature, "model": "m" * 256}
    client.record_usage(replace(ledger.records[0], record_id="", event_time=None, **names))
    own = f"feature={feature}"
    pages = (
        f"usagelog/?{own}",
        f"usersummary/?{own}",
        f"usersummary/?by=day&{own}",
        "price/",
        "price/?q=claude",
    )
    with visit(chromium, address, session, options) as page:
        for path in pages:
            see(page, ADMIN + path)
            wide, room = page.locator(".results").evaluate(
                "(it) => [it.scrollWidth, it.clientWidth]"
            )
            assert wide <= room, path


def test_dates_stay_in_one_line_on_a_phone(
    chromium: Browser, address: str, session: str, ledger: Ledger
) -> None:
    with visit(chromium, address, session, PHONE) as page:
        see(page, f"{ADMIN}usersummary/{ledger.users[0]}/change/")
        day = page.locator(".results").last.locator("tbody th").first
        lines = """(it) => { const range = document.createRange(); range.selectNodeContents(it);
            return range.getClientRects().length }"""
        assert day.evaluate(lines) == 1
        widths = "(all) => all.map((it) => [it.scrollWidth, it.clientWidth])"
        for wide, room in page.locator(".results").evaluate_all(widths):
            assert wide <= room


def test_dark_is_dark(chromium: Browser, address: str, session: str) -> None:
    def colours(options: dict[str, Any]) -> list[str]:
        script = """() => ['.aiusage-card h2', '.aiusage-badge'].map(
            (name) => getComputedStyle(document.querySelector(name)).color)"""
        with visit(chromium, address, session, options) as page:
            see(page, f"{ADMIN}usagelog/")
            found: list[str] = page.evaluate(script)
            return found

    light, dark = colours(DESKTOP), colours(DARK)
    assert all(one != other for one, other in zip(light, dark, strict=True))


def test_from_a_filter_to_a_call_and_its_user(
    chromium: Browser, address: str, session: str, client: Client, ledger: Ledger
) -> None:
    user = ledger.users[0]
    chosen = UsageFilter(user_ids=[user], statuses=["timeout"])
    expected = list(client.list_usage(filter=chosen, days=30))
    with visit(chromium, address, session, DESKTOP) as page:
        see(page, f"{ADMIN}usagelog/?user={user}")
        page.locator("#changelist-filter").get_by_role("link", name="timeout").click()
        rows = page.locator("#result_list tbody tr")
        expect(rows).to_have_count(len(expected))
        expect(page.locator("#changelist-filter .selected", has_text="timeout")).to_be_visible()
        rows.first.locator("th a").click()
        expect(page.locator("#content h1")).to_contain_text(expected[0].record_id)
        page.get_by_role("link", name="Ada 0").click()
        expect(page.locator("#content h1")).to_have_text(f"AI cost of {user}")
        page.get_by_role("link", name="Records of this user").click()
        expect(page.locator("#changelist-filter .selected", has_text=user)).to_be_visible()


def test_days_are_chosen_and_saved_as_a_file(
    chromium: Browser, address: str, session: str, client: Client, ledger: Ledger, tmp_path: Path
) -> None:
    user = ledger.users[1]
    filter_of_user = UsageFilter(user_ids=[user])
    days = client.get_breakdown(Dimension.DAY, filter=filter_of_user, days=30, time_zone=ZONE)
    day = max(days.rows, key=lambda row: row.totals.request_count)
    with visit(chromium, address, session, DESKTOP) as page:
        see(page, f"{ADMIN}usagelog/?user={user}")
        page.get_by_label("From").fill(day.key)
        page.get_by_label("To", exact=True).fill(day.key)
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#total-cost")).to_have_attribute("title", str(day.totals.cost))
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        download.value.save_as(tmp_path / "usage.csv")
    lines = (tmp_path / "usage.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + day.totals.request_count


def test_a_price_is_added_by_hand(
    chromium: Browser, address: str, session: str, client: Client, user_id: str
) -> None:
    model = f"model-of-{user_id}"
    with visit(chromium, address, session, PHONE) as page:
        see(page, f"{ADMIN}price/add/")
        page.get_by_label("Provider").fill("openai")
        page.get_by_label("Model").fill(model)
        page.get_by_label("For whom").select_option("public")
        page.get_by_label("Source").fill("a test")
        page.get_by_label("Price in USD, row 1").fill("5000")
        page.get_by_label("Price in USD, row 2").fill("8")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".form-row.errors")).to_contain_text("input_tokens")
        page.get_by_label("Price in USD, row 1").fill("2")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("was added")
        expect(page.locator(".aiusage-version")).to_contain_text("$2.00 per 1,000,000")
    assert client.get_price(model, provider="openai").price.rates[0].price.amount == 2
