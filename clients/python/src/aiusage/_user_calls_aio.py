"""The verbs of the user directory, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import user_service_pb2 as user_pb

from . import _users_proto
from ._caller_aio import AsyncCaller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import datetime

    from .users import ErasedUser, User, UserPage
    from .values import Amount


class AsyncUserCalls(AsyncCaller):
    """Keeps names to show and to search by, plans, and what users bring in."""

    async def upsert_user(
        self,
        user_id: str,
        *,
        display_name: str | None = None,
        email: str | None = None,
        plan: str | None = None,
        monthly_revenue: Amount | None = None,
        acquisition_cost: Amount | None = None,
        signup_time: datetime | None = None,
        clear: Iterable[str] = (),
        timeout: float | None = None,
    ) -> User:
        """Adds a user or changes what is given; see `Client.upsert_user`."""
        request = _users_proto.upsert_request(
            user_id,
            display_name,
            email,
            plan,
            monthly_revenue,
            acquisition_cost,
            signup_time,
            clear,
        )
        response = await self._call(self._connect().users.UpsertUser, request, timeout)
        return _users_proto.user(response.user)

    async def get_user(self, user_id: str, *, timeout: float | None = None) -> User:
        """What is known of a user; see `Client.get_user`."""
        request = user_pb.GetUserRequest(user_id=user_id)
        response = await self._call(self._connect().users.GetUser, request, timeout)
        return _users_proto.user(response.user)

    async def list_users(
        self,
        *,
        search: str = "",
        plan: str = "",
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[User]:
        """Users of the directory and all who have records; see `Client.list_users`."""
        request = user_pb.ListUsersRequest(search=search, plan=plan, page_size=page_size)
        pages = self._pages(lambda service: service.users.ListUsers, request, timeout)
        async for page in pages:
            for user in page.users:
                yield _users_proto.user(user)

    async def list_users_page(
        self,
        *,
        search: str = "",
        plan: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
    ) -> UserPage:
        """One page of `list_users`; see `Client.list_users_page`."""
        request = user_pb.ListUsersRequest(
            search=search, plan=plan, page_size=page_size, page_token=page_token
        )
        return _users_proto.user_page(
            await self._call(self._connect().users.ListUsers, request, timeout)
        )

    async def erase_user(self, user_id: str, *, timeout: float | None = None) -> ErasedUser:
        """Removes a person; see `Client.erase_user`."""
        request = user_pb.EraseUserRequest(user_id=user_id)
        return _users_proto.erased(
            await self._call(self._connect().users.EraseUser, request, timeout)
        )
