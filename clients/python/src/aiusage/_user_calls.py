"""The verbs of the user directory, for blocking code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import user_service_pb2 as user_pb

from . import _users_proto
from ._caller import Caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from .users import ErasedUser, User, UserPage
    from .values import Amount


class UserCalls(Caller):
    """Keeps names to show and to search by, plans, and what users bring in."""

    def upsert_user(
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
        """Adds a user or changes what is given; None leaves it as it is.

        Args:
            user_id: As in records.
            display_name: A name to show.
            email: An address to search by.
            plan: Such as "pro".
            monthly_revenue: What the user pays in a calendar month.
            acquisition_cost: What it cost to win the user.
            signup_time: When the user signed up, with a time zone.
            clear: Fields to take away, such as ["monthly_revenue"].
            timeout: Seconds, the retries included.
        """
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
        response = self._call(self._connect().users.UpsertUser, request, timeout)
        return _users_proto.user(response.user)

    def get_user(self, user_id: str, *, timeout: float | None = None) -> User:
        """What is known of a user.

        Raises:
            NotFoundError: Neither the directory nor the records know the id.
        """
        request = user_pb.GetUserRequest(user_id=user_id)
        response = self._call(self._connect().users.GetUser, request, timeout)
        return _users_proto.user(response.user)

    def list_users(
        self,
        *,
        search: str = "",
        plan: str = "",
        page_size: int = 0,
        timeout: float | None = None,
    ) -> Iterator[User]:
        """Users of the directory and all who have records, by id, read page by page.

        Args:
            search: Only users in whose id, name or e-mail address this occurs.
            plan: Only users with this plan.
            page_size: Users for one page.
            timeout: Seconds for each page.
        """
        request = user_pb.ListUsersRequest(search=search, plan=plan, page_size=page_size)
        for page in self._pages(lambda service: service.users.ListUsers, request, timeout):
            yield from map(_users_proto.user, page.users)

    def list_users_page(
        self,
        *,
        search: str = "",
        plan: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
    ) -> UserPage:
        """One page of `list_users`; the page_token is that of the page before."""
        request = user_pb.ListUsersRequest(
            search=search, plan=plan, page_size=page_size, page_token=page_token
        )
        return _users_proto.user_page(self._call(self._connect().users.ListUsers, request, timeout))

    def erase_user(self, user_id: str, *, timeout: float | None = None) -> ErasedUser:
        """Removes a person; sums stay, under an id that leads to nobody. Cannot be undone.

        Not repeated while the service is unavailable: the second try would not find the
        user any more.

        Raises:
            NotFoundError: Nobody has this id.
        """
        request = user_pb.EraseUserRequest(user_id=user_id)
        return _users_proto.erased(self._call(self._connect().users.EraseUser, request, timeout))
