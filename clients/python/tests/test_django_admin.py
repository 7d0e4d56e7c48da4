"""The log and the summaries in Django's admin, with a real service behind them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import uuid
import zipfile
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as url_quote
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import AsyncClient as AsyncBrowser
from django.test import override_settings
from django.utils.timezone import localdate, override

from admin_site import Ledger, figure, fill, listed, shown, signed_in, text_of
from aiusage import Client, Dimension, Usage, UsageFilter, UsageRecord
from aiusage.django import formats
from aiusage.django.admin import periods

if TYPE_CHECKING:
    from django.test import Client as Browser

LOG = "/admin/aiusage/usagelog/"
SUMMARIES = "/admin/aiusage/usersummary/"
ZONE = "Europe/Berlin"

pytestmark = pytest.mark.usefixtures("site", "within_a_day")


@pytest.fixture(scope="module")
def ledger(client: Client) -> Ledger:
    return fill(client)


@pytest.fixture
def browser(site: None) -> Browser:
    return signed_in("view_usagelog", "view_usersummary")


def test_there_are_permissions_and_no_tables() -> None:
    call_command("makemigrations", "aiusage", check=True, dry_run=True, verbosity=0)
    from django.db import connection

    tables = connection.introspection.table_names()
    assert [table for table in tables if table.startswith("aiusage")] == []


@pytest.mark.parametrize("which", [{}, {"use_base_manager": True}])
def test_a_dump_of_the_database_passes_them_by(which: dict[str, Any]) -> None:
    output = io.StringIO()
    call_command("dumpdata", "aiusage", stdout=output, **which)
    assert output.getvalue().strip() == "[]"


def test_who_may_see_what() -> None:
    assert signed_in().get(LOG).status_code == 403
    logs = signed_in("view_usagelog")
    assert logs.get(LOG).status_code == 200
    assert logs.get(f"{LOG}export/").status_code == 200
    assert logs.get(SUMMARIES).status_code == 403
    assert logs.get("/admin/aiusage/price/").status_code == 403
    index = text_of(logs.get("/admin/"))
    assert "Usage logs" in index
    assert "User summaries" not in index
    logs.logout()
    assert logs.get(LOG).status_code == 302


@pytest.mark.parametrize("page", [LOG, SUMMARIES])
def test_nothing_is_added_or_changed_by_hand(browser: Browser, page: str) -> None:
    assert browser.get(f"{page}add/").status_code == 404
    assert "addlink" not in browser.get(page).content.decode()


def test_the_figures_are_those_of_the_client(
    browser: Browser, client: Client, ledger: Ledger
) -> None:
    page = browser.get(LOG)
    stats = client.get_stats(days=30, time_zone=ZONE)
    totals = stats.current.totals
    assert figure(page, "total-cost") == str(totals.cost)
    assert shown(page, "request-count") == formats.count(totals.request_count)
    assert shown(page, "success-rate") == formats.percent(stats.current.success_percent)
    assert figure(page, "today-cost") == str(stats.today.totals.cost)
    assert str(stats.yesterday.totals.cost) in page.content.decode()
    average = Decimal(figure(page, "average-cost").split()[0])
    assert average == totals.cost.amount / (totals.request_count - totals.unpriced_count)
    text = text_of(page)
    for dimension in (Dimension.FEATURE, Dimension.PROVIDER):
        top = client.get_breakdown(dimension, top=5, days=30, time_zone=ZONE)
        for row in top.rows:
            assert f'title="{row.totals.cost}"' in page.content.decode()
            assert formats.percent(row.cost_percent) in text


@pytest.mark.parametrize(
    ("params", "filter"),
    [
        ({"feature": "chat"}, {"features": ["chat"]}),
        ({"feature": ""}, {"features": [""]}),
        ({"provider": "anthropic"}, {"providers": ["anthropic"]}),
        ({"model": "gpt-4o-mini"}, {"models": ["gpt-4o-mini"]}),
        ({"status": "timeout"}, {"statuses": ["timeout"]}),
        ({"cached": "1"}, {"cached": True}),
        ({"unpriced": "1"}, {"unpriced": True}),
        ({"failed": "1", "feature": "search"}, {"failed": True, "features": ["search"]}),
    ],
)
def test_filters(
    browser: Browser,
    client: Client,
    ledger: Ledger,
    params: dict[str, str],
    filter: dict[str, Any],
) -> None:
    user = ledger.users[0]
    page = browser.get(LOG, {**params, "user": user})
    expected = list(client.list_usage(filter=UsageFilter(user_ids=[user], **filter), days=30))
    assert expected
    assert listed(page) == [each.record_id for each in expected]
    assert shown(page, "request-count") == formats.count(len(expected))


def test_the_filters_offer_what_there_is(browser: Browser, ledger: Ledger) -> None:
    page = browser.get(LOG, {"status": "of_our_own"}).content.decode()
    for value in ("feature=chat", "feature=search", "provider=acme", "status=rate_limited"):
        assert re.search(rf'href="\?[^"]*{value}', page)
    assert 'href="?days=30&amp;status=of_our_own" aria-current="true"' in page


def test_dates(browser: Browser, client: Client, ledger: Ledger) -> None:
    user = ledger.users[1]
    by_day = client.get_user_cost(user, days=30, time_zone=ZONE).by_day
    day = by_day[len(by_day) // 2]
    page = browser.get(LOG, {"user": user, "from": day.key, "to": day.key})
    assert figure(page, "total-cost") == str(day.totals.cost)
    assert len(listed(page)) == day.totals.request_count
    month = localdate().strftime("%Y-%m")
    page = browser.get(LOG, {"user": user, "month": month})
    cost = client.get_user_cost(user, month=month, time_zone=ZONE)
    assert figure(page, "total-cost") == str(cost.totals.cost)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"days": "0"}, "'0' is no number of days"),
        ({"days": "many"}, "'many' is no number of days"),
        ({"month": "2026-13"}, "'2026-13' is no month"),
        ({"from": "yesterday"}, "'yesterday' is no date"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "The first day lies after the last one"),
        ({"from": "1990-01-01", "to": "2026-01-01"}, "At most 3,660 days"),
    ],
)
def test_a_period_that_is_none(browser: Browser, params: dict[str, str], said: str) -> None:
    page = browser.get(LOG, params)
    assert page.status_code == 200
    assert said in text_of(page)


def test_days_are_those_of_the_current_time_zone(
    browser: Browser, client: Client, user_id: str
) -> None:
    client.record_usage(user_id=user_id, model="gpt-4o", usage=Usage(input_tokens=1))
    (record,) = client.list_usage(filter=UsageFilter(user_ids=[user_id]))
    for zone in ("Asia/Kathmandu", "America/Los_Angeles"):
        with override(zone):
            moment = formats.moment(record.event_time)
            page = browser.get(LOG, {"user": user_id, "from": moment[:10], "to": moment[:10]})
            assert listed(page) == [record.record_id]
            assert f"{moment[:10]} {moment[11:]}" in text_of(page)


def test_today_is_that_of_the_current_time_zone(
    browser: Browser, client: Client, user_id: str
) -> None:
    now = datetime.now(timezone.utc)
    times = [now - timedelta(hours=hours) for hours in range(30)]
    client.record_usage_batch(
        UsageRecord(user_id=user_id, model="gpt-4o", event_time=event_time) for event_time in times
    )
    # Where it is about noon, and an hour less: the days began an hour apart.
    for offset in (12 - now.hour, 11 - now.hour):
        zone = ZoneInfo(f"Etc/GMT{-offset:+d}")
        today = now.astimezone(zone).date()
        with override(zone):
            page = browser.get(LOG, {"user": user_id, "days": "1"})
        expected = [time for time in times if time.astimezone(zone).date() == today]
        assert shown(page, "request-count") == str(len(expected))


def test_zones_by_their_names() -> None:
    with override(timezone.utc):
        assert periods.zone_name() == "UTC"
    with override(timezone(timedelta(hours=5, minutes=45))):
        # No name that the service would know: the project's.
        assert periods.zone_name() == ZONE


@pytest.mark.parametrize("search", ["{user}@EXAMPLE", "session-3 of {user}", "Job-2 of {user}"])
def test_search(browser: Browser, client: Client, ledger: Ledger, search: str) -> None:
    search = search.format(user=ledger.users[2])
    page = browser.get(LOG, {"q": search})
    expected = [each.record_id for each in client.list_usage(search=search, days=30)]
    assert expected
    assert listed(page) == expected[:100]
    assert "clear it to export" in text_of(page)
    assert "No records match" in text_of(browser.get(LOG, {"q": "no such thing"}))


def link(page: Any, rel: str) -> str:
    found = re.search(rf'href="([^"]*)" rel="{rel}"', page.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


def test_pages_lead_on_and_back(browser: Browser, client: Client, ledger: Ledger) -> None:
    # Other tests' records still come in, and would move those of a page.
    of_ledger = ledger.users[0].rpartition("-")[0]
    pages = [browser.get(LOG, {"days": "90", "q": of_ledger})]
    while following := link(pages[-1], "next"):
        pages.append(browser.get(LOG + following))
    seen = [record_id for page in pages for record_id in listed(page)]
    assert len(seen) == len(set(seen)) == len(ledger.records)
    assert len(pages) >= 3
    back = pages[-1]
    for page in reversed(pages[:-1]):
        back = browser.get(LOG + link(back, "prev"))
        assert listed(back) == listed(page)
    assert link(back, "prev") == ""


def test_one_call_and_how_its_cost_came_about(browser: Browser, client: Client) -> None:
    sent = UsageRecord(
        user_id="a/b c?d%<é>",
        provider="openai",
        model="gpt-4o",
        usage=Usage(input_tokens=1000, output_tokens=500, other_meters={"audio_seconds": "1.5"}),
        status="error",
        error_message="<script>alert(1)</script>",
        tags={"team": "red"},
        request_metadata={"temperature": 0.5},
        reported_cost="0.01",
    )
    client.record_usage(sent)
    page = browser.get(f"{LOG}{sent.record_id}/change/")
    text = text_of(page)
    assert "<script>alert" not in page.content.decode()
    for said in (
        "input_tokens 1,000 1,000 $2.50 per 1,000,000 0.0025 USD",
        "output_tokens 500 500 $10.00 per 1,000,000 0.005 USD",
        "Together 0.0075 USD",
        "not part of the cost: audio_seconds",
        "Reported with the call: 0.01 USD, which differs by 0.0025 USD",
        "team: red",
        '"temperature": 0.5',
        "<script>alert(1)</script>",
    ):
        assert said in text
    # The user's page is found whatever the id looks like.
    address = re.search(r'href="([^"]*usersummary/[^"]+/change/)"', page.content.decode())
    user = browser.get(address[1].replace("&amp;", "&")) if address else None
    assert user is not None
    assert "AI cost of a/b c?d%<é>" in text_of(user)
    price = re.search(r'href="(/admin/aiusage/price/[^"]+/change/)"', page.content.decode())
    assert price is not None
    assert signed_in("view_price").get(price[1]).status_code == 200


def test_a_call_without_a_price(browser: Browser, client: Client, user_id: str) -> None:
    sent = UsageRecord(user_id=user_id, provider="openai", model="unheard-of")
    client.record_usage(sent)
    text = text_of(browser.get(f"{LOG}{sent.record_id}/change/"))
    assert "Cost no price" in text
    assert "The price list does not know this model." in text
    assert shown(browser.get(LOG, {"user": user_id}), "total-cost") == "no price"


def test_figures_say_where_prices_are_missing(browser: Browser, client: Client) -> None:
    user_id = f"half-priced-{uuid.uuid4()}"
    usage = Usage(input_tokens=1000, output_tokens=500)
    now = datetime.now(timezone.utc)
    client.record_usage_batch(
        UsageRecord(user_id=user_id, model=model, provider="openai", usage=usage, event_time=time)
        for model in ("gpt-4o", "gpt-4o", "unheard-of")
        for time in (now, now - timedelta(days=1), now - timedelta(days=9))
    )
    page = browser.get(LOG, {"user": user_id, "days": "7"})
    assert shown(page, "today-cost").split() == ["≥", "$0.0150"]
    assert "yesterday: ≥ $0.0150" in text_of(page)
    assert "%)" not in text_of(page).split("yesterday:")[1].split("Top features")[0]
    assert shown(page, "average-cost") == "$0.007500"
    assert shown(page, "average-of") == "of 4 requests with a price"
    summaries = browser.get(SUMMARIES, {"user": user_id})
    for name in ("average-daily-cost", "cau-7", "cau-30", "cau-90"):
        assert shown(summaries, name).startswith("≥")
    person = text_of(browser.get(f"{SUMMARIES}{user_id}/change/", {"days": "7"}))
    for said in ("before: ≥ $0.0150", "Today ≥ $0.0150", "yesterday: ≥ $0.0150"):
        assert said in person
    assert "Average daily cost ≥ $" in person
    # Where everything has a price, nothing is hedged.
    page = browser.get(LOG, {"user": user_id, "days": "7", "model": "gpt-4o"})
    assert "≥" not in text_of(page)
    assert shown(page, "average-of") == "per request"


def test_a_call_that_is_not_there(browser: Browser) -> None:
    page = browser.get(f"{LOG}019a0000-0000-7000-8000-000000000000/change/")
    assert page.status_code == 404
    assert "There is no such thing" in text_of(page)
    assert browser.get(f"{LOG}nonsense/change/").status_code == 400


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_files_have_what_the_filters_say(browser: Browser, client: Client, ledger: Ledger) -> None:
    chosen = {"user": ledger.users[0], "feature": "chat"}
    page = browser.get(LOG, chosen)
    address = re.search(r'href="([^"]*format=csv)"', page.content.decode())
    assert address
    file = browser.get(address[1].replace("&amp;", "&"))
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="[\w.-]+\.csv"', file["Content-Disposition"])
    whole = {"complete": True, "logStartTime": None, "explanation": ""}
    assert json.loads(file["Aiusage-Coverage"]) == whole
    written = rows(file.getvalue())
    same = UsageFilter(user_ids=[ledger.users[0]], features=["chat"])
    assert {row["record_id"] for row in written} == {
        each.record_id for each in client.list_usage(filter=same)
    }
    known = sum((Decimal(row["cost"]) for row in written if row["cost"]), Decimal(0))
    assert f"{known.normalize():f} USD" == figure(page, "total-cost")
    workbook = browser.get(f"{LOG}export/", {**chosen, "format": "xlsx"})
    assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(workbook.getvalue())).namelist()


def test_a_file_that_cannot_be_written(browser: Browser) -> None:
    assert browser.get(f"{LOG}export/", {"format": "pdf"}).status_code == 400
    page = browser.get(f"{LOG}export/", {"user": "x" * 300})
    assert page.status_code == 400
    assert "does not understand the question" in text_of(page)


def test_a_file_for_a_server_of_asyncio(browser: Browser, ledger: Ledger) -> None:
    async def read() -> bytes:
        asking = AsyncBrowser()
        asking.cookies = browser.cookies
        file: Any = await asking.get(f"{LOG}export/", {"user": ledger.users[0]})
        assert file.is_async
        return b"".join([piece async for piece in file])

    assert len(rows(asyncio.run(read()))) == len(ledger.of(ledger.users[0]))


def test_colours_follow_the_settings(
    browser: Browser, client: Client, user_id: str, settings_of_site: dict[str, Any]
) -> None:
    usage = Usage(input_tokens=1000, output_tokens=500)
    client.record_usage(user_id=user_id, provider="openai", model="gpt-4o", usage=usage)

    def level(**levels: Any) -> str:
        with override_settings(AIUSAGE={**settings_of_site, **levels}):
            page = browser.get(LOG, {"user": user_id}).content.decode()
        found = re.search(r"aiusage-cost aiusage-(\w+)", page)
        return found[1] if found else ""

    assert level() == "good"
    assert level(ADMIN_COST_LEVELS=("0.0075", "0.0076")) == "fair"
    assert level(ADMIN_COST_LEVELS=("0.001", "0.0075")) == "bad"


def test_summaries_are_those_of_the_client(
    browser: Browser, client: Client, ledger: Ledger
) -> None:
    page = browser.get(SUMMARIES)
    top = client.list_top_users(top=200, days=30, time_zone=ZONE)
    assert figure(page, "total-cost") == str(top.totals.cost)
    assert shown(page, "user-count") == formats.count(top.user_count)
    average = Decimal(figure(page, "average-daily-cost").split()[0])
    assert average == top.totals.cost.amount / 30
    for window in client.get_cau(days=[7, 30, 90], time_zone=ZONE):
        assert figure(page, f"cau-{window.days}") == str(window.cost_per_active_user)
    html = page.content.decode()
    for user in top.users:
        assert f'title="{user.totals.cost}"' in html
        assert f'title="{user.mean_daily_cost}"' in html


def test_summaries_by_day(browser: Browser, client: Client, ledger: Ledger) -> None:
    user = ledger.users[0]
    page = browser.get(SUMMARIES, {"by": "day", "user": user})
    days = client.get_user_cost(user, days=30, time_zone=ZONE).by_day
    table = page.content.decode().split('id="result_list"')[1]
    assert re.findall(r"from=([\d-]+)&amp;to=", table) == [day.key for day in reversed(days)]
    for day in days:
        assert f'title="{day.totals.cost}"' in table


def test_one_users_page(browser: Browser, client: Client, ledger: Ledger) -> None:
    user = ledger.users[1]
    page = browser.get(f"{SUMMARIES}{user}/change/", {"days": "7"})
    cost = client.get_user_cost(user, days=7, time_zone=ZONE)
    assert figure(page, "total-cost") == str(cost.totals.cost)
    html = page.content.decode()
    for part in (*cost.by_feature, *cost.by_provider, *cost.by_model, *cost.by_day):
        assert f'title="{part.totals.cost}"' in html
    assert f"Ada 1 · {user}@example.org" in text_of(page)
    assert f"?days=7&amp;user={url_quote(user)}" in html
    nobody = browser.get(f"{SUMMARIES}nobody-at-all/change/")
    assert nobody.status_code == 200
    assert figure(nobody, "total-cost") == "0 USD"


def test_without_time_zones(client: Client, ledger: Ledger) -> None:
    user = ledger.users[1]
    (call, *_) = client.list_usage(filter=UsageFilter(user_ids=[user]))
    with override_settings(USE_TZ=False):
        browser = signed_in("view_usagelog", "view_usersummary")
        for page in (
            LOG,
            f"{LOG}{call.record_id}/change/",
            SUMMARIES,
            f"{SUMMARIES}{user}/change/",
        ):
            assert browser.get(page).status_code == 200
            assert browser.get(page, {"from": "2026-03-01", "to": "2026-07-01"}).status_code == 200


def test_users_are_searched_and_written(browser: Browser, ledger: Ledger) -> None:
    page = browser.get(SUMMARIES, {"q": f"{ledger.users[2]}@example"})
    assert f"{ledger.users[2]} Ada 2 {ledger.users[2]}@example.org" in text_of(page)
    assert "Nobody matches" in text_of(browser.get(SUMMARIES, {"q": "no such person"}))
    file = browser.get(f"{SUMMARIES}export/", {"user": ledger.users[2]})
    assert [row["user_id"] for row in rows(file.getvalue())] == [ledger.users[2]]


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"ADDRESS": "http://127.0.0.1:9"}, 503, "Start it with `aiusage serve`"),
        ({"API_KEY": "aiusage_wrong"}, 503, "does not accept this project's API key"),
        ({"ADDRESS": "nonsense"}, 503, "is not configured"),
    ],
)
def test_a_service_that_cannot_answer(
    browser: Browser,
    settings_of_site: dict[str, Any],
    changed: dict[str, str],
    status: int,
    said: str,
) -> None:
    with override_settings(AIUSAGE={**settings_of_site, **changed}):
        for path in (LOG, f"{LOG}export/", SUMMARIES):
            page = browser.get(path)
            assert page.status_code == status
            assert said in text_of(page)
            assert "Load this page again" in text_of(page)
