"""The directory of users, with a real server."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from aiusage import AsyncClient, Client, Money, NotFoundError, Usage

if TYPE_CHECKING:
    from server import Server


def test_a_user_is_kept_and_changed(client: Client, user_id: str) -> None:
    signup = datetime(2026, 1, 1, tzinfo=timezone.utc)
    client.upsert_user(
        user_id,
        display_name="Ada",
        email=f"{user_id}@example.org",
        plan="pro",
        monthly_revenue="20",
        acquisition_cost=Decimal("35.50"),
        signup_time=signup,
    )
    user = client.upsert_user(user_id, plan="")
    assert user == client.get_user(user_id)
    assert (user.display_name, user.plan) == ("Ada", "")
    assert user.monthly_revenue == Money(Decimal(20))
    assert user.acquisition_cost == Money(Decimal("35.5"))
    assert user.signup_time == signup
    assert client.upsert_user(user_id, clear=["monthly_revenue"]).monthly_revenue is None


def test_users_are_found(client: Client, user_id: str) -> None:
    for each in ("a", "b", "c"):
        client.upsert_user(f"{user_id}-{each}", display_name=f"Name of {user_id} {each}")
    found = list(client.list_users(search=f"NAME OF {user_id}", page_size=2))
    assert [user.user_id for user in found] == [f"{user_id}-{each}" for each in "abc"]
    page = client.list_users_page(search=user_id, page_size=2)
    assert page.users == tuple(found[:2])
    rest = client.list_users_page(search=user_id, page_size=2, page_token=page.next_page_token)
    assert (rest.users, rest.next_page_token) == (tuple(found[2:]), "")


def test_a_person_is_erased(client: Client, user_id: str) -> None:
    client.record_usage(user_id=user_id, model="gpt-4o", usage=Usage(input_tokens=1))
    erased = client.erase_user(user_id)
    assert erased.record_count == 1
    assert client.get_user_cost(erased.anonymous_user_id).totals.request_count == 1
    with pytest.raises(NotFoundError) as caught:
        client.get_user(user_id)
    assert caught.value.reason == "USER_NOT_FOUND"


def test_asyncio_keeps_users_too(server: Server, user_id: str) -> None:
    async def keep() -> None:
        async with AsyncClient(server.address, server.api_key) as client:
            user = await client.upsert_user(user_id, display_name="Ada")
            assert await client.get_user(user_id) == user
            assert [each async for each in client.list_users(search=user_id)] == [user]
            assert (await client.list_users_page(search=user_id)).users == (user,)
            assert (await client.erase_user(user_id)).record_count == 0

    asyncio.run(keep())
