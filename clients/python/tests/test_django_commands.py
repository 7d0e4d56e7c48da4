"""The commands of `manage.py`, and the tag for templates."""

from __future__ import annotations

import io
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.management import CommandError, call_command
from django.template import Context, Template
from django.test import override_settings

import aiusage
from aiusage import Client, Usage
from aiusage.sending.packing import pack
from aiusage.sending.settings import Settings
from aiusage.sending.spool import Spool, spool_path
from django_people import new_user

if TYPE_CHECKING:
    from server import Server

pytestmark = pytest.mark.usefixtures("site")

AWAY = {"ADDRESS": "http://127.0.0.1:1", "API_KEY": "aiusage_any", "TIMEOUT": 0.2}


def run(command: str, *arguments: str) -> str:
    output = io.StringIO()
    call_command(command, *arguments, stdout=output)
    return output.getvalue()


def test_the_status(server: Server, client: Client) -> None:
    said = run("aiusage_status")
    who = client.get_caller()
    assert server.address in said
    assert f"aiusage {who.version}" in said
    assert who.tenant in said
    assert who.key_id in said
    assert server.api_key not in said
    assert "in memory" in said


def test_the_status_of_a_service_that_is_away() -> None:
    with override_settings(AIUSAGE=AWAY), pytest.raises(CommandError, match="cannot reach"):
        run("aiusage_status")


def test_the_status_with_a_wrong_key(settings_of_site: dict[str, Any]) -> None:
    wrong = {**settings_of_site, "API_KEY": "aiusage_wrong"}
    with override_settings(AIUSAGE=wrong), pytest.raises(CommandError, match="cannot reach"):
        run("aiusage_status")


def test_a_flush(user_id: str, client: Client) -> None:
    aiusage.record(user_id=user_id, model="gpt-4o", usage=Usage(input_tokens=1000))
    assert "0 left" in run("aiusage_flush")
    assert client.get_user_cost(user_id).totals.request_count == 1


def test_what_another_process_left_is_sent(
    settings_of_site: dict[str, Any], server: Server, client: Client, tmp_path: Path, user_id: str
) -> None:
    left = Spool(
        spool_path(tmp_path, server.address, server.api_key), records_max=9, bytes_max=10_000
    )
    left.put([pack({"user_id": user_id, "model": "gpt-4o"}, Settings())])
    with override_settings(AIUSAGE={**settings_of_site, "SPOOL_DIR": tmp_path}):
        assert run("aiusage_flush") == "1 records sent, 0 left, 0 lost\n"
    left.close()
    assert client.get_user_cost(user_id).totals.request_count == 1


def test_what_cannot_be_sent_is_told(user_id: str, tmp_path: Path) -> None:
    with override_settings(AIUSAGE={**AWAY, "SPOOL_DIR": tmp_path}):
        aiusage.record(user_id=user_id, model="gpt-4o")
        with pytest.raises(CommandError):
            run("aiusage_flush", "--timeout", "0.5")
        assert aiusage.close(10)


def test_the_prices(client: Client) -> None:
    said = run("sync_ai_pricing")
    count = len(list(client.list_prices(page_size=1_000)))
    assert f"prices of {count} models" in said
    assert "openai" in said


def test_a_price_list_is_brought_in(tmp_path: Path, client: Client) -> None:
    provider = f"provider-{uuid.uuid4().hex[:12]}"
    prices = tmp_path / "prices.csv"
    prices.write_text(
        f"provider,model,meter,amount,per\n{provider},new-model,input_tokens,1.5,1000000\n"
    )
    said = run("sync_ai_pricing", str(prices), "--dry-run")
    assert f"new       {provider}/new-model" in said
    assert "Nothing was changed" in said
    assert not list(client.list_prices(provider=provider))
    assert "Done: 1 models in the list, 1 new" in run("sync_ai_pricing", str(prices))
    assert [price.model for price in client.list_prices(provider=provider)] == ["new-model"]


def test_a_price_list_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot read"):
        run("sync_ai_pricing", str(tmp_path / "none.csv"))
    (tmp_path / "bad.csv").write_text("nonsense")
    with pytest.raises(CommandError):
        run("sync_ai_pricing", str(tmp_path / "bad.csv"))


def shown(template: str, **names: object) -> str:
    return Template("{% load aiusage %}" + template).render(Context(names))


def test_a_template_shows_what_a_user_cost(client: Client) -> None:
    user = new_user()
    usage = Usage(input_tokens=1000, output_tokens=500)
    client.record_usage(user_id=str(user.pk), provider="openai", model="gpt-4o", usage=usage)
    tag = "{% user_ai_cost user days=30 as cost %}${{ cost|floatformat:4 }}"
    assert shown(tag, user=user) == "$0.0075"
    # The same figure for a while.
    client.record_usage(user_id=str(user.pk), provider="openai", model="gpt-4o", usage=usage)
    assert shown(tag, user=user) == "$0.0075"
    cache.clear()
    assert shown(tag, user=user) == "$0.0150"
    assert shown("{% user_ai_cost user %}", user=user) == "0.015"
    assert shown("{% user_ai_cost user month='2020-01' %}", user=user) == "0"


def test_a_template_shows_nothing_where_nothing_is_known(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert shown("[{% user_ai_cost user %}]", user=AnonymousUser()) == "[]"
    # The README's own line shows no lone sign, and somebody who cost nothing their nothing.
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^{% load aiusage %}.*$", readme, re.M)
    assert shown(line, user=AnonymousUser()) == ""
    assert shown(line, user=new_user()) == "$0.00"
    user = new_user()
    with override_settings(AIUSAGE=AWAY):
        for _ in range(3):
            assert shown("[{% user_ai_cost user %}]", user=user) == "[]"
    # It was asked once, and the page did not wait again.
    assert sum("cannot show" in record.message for record in caplog.records) == 1


def test_a_template_shows_nothing_where_the_id_cannot_be_told(
    settings_of_site: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> str:
        raise RuntimeError("no id")

    with override_settings(AIUSAGE={**settings_of_site, "USER_ID": fail}):
        assert shown("[{% user_ai_cost user %}]", user=new_user()) == "[]"
    assert "cannot tell the id of a user" in caplog.text


def test_a_template_without_a_cache(client: Client) -> None:
    user = new_user()
    broken = {"default": {"BACKEND": "test_django_commands.BrokenCache"}}
    with override_settings(CACHES=broken):
        assert shown("[{% user_ai_cost user %}]", user=user) == "[]"


class BrokenCache(BaseCache):
    def __init__(self, *arguments: Any) -> None:
        super().__init__({})

    def get(self, *arguments: Any, **options: Any) -> Any:
        raise ConnectionError("no cache")

    set = get
