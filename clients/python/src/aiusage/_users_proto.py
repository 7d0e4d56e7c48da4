"""Turns users into proto messages and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.field_mask_pb2 import FieldMask

from aiusage.v1 import user_service_pb2 as user_pb

from . import _to_proto, users
from . import _values_from_proto as _values

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .values import Amount


def upsert_request(
    user_id: str,
    display_name: str | None,
    email: str | None,
    plan: str | None,
    monthly_revenue: Amount | None,
    acquisition_cost: Amount | None,
    signup_time: datetime | None,
    clear: Iterable[str],
) -> user_pb.UpsertUserRequest:
    """Changes what is given, and takes away what is to be cleared."""
    given = {
        "display_name": display_name,
        "email": email,
        "plan": plan,
        "monthly_revenue": monthly_revenue,
        "acquisition_cost": acquisition_cost,
        "signup_time": signup_time,
    }
    changed = [name for name, value in given.items() if value is not None]
    return user_pb.UpsertUserRequest(
        user=user_pb.User(
            user_id=_to_proto.user_id(user_id),
            display_name=display_name or "",
            email=email or "",
            plan=plan or "",
            monthly_revenue=_to_proto.optional_money(monthly_revenue),
            acquisition_cost=_to_proto.optional_money(acquisition_cost),
            signup_time=_to_proto.timestamp(signup_time),
        ),
        update_mask=FieldMask(paths=[*changed, *clear]) if changed or clear else None,
    )


def user(message: user_pb.User) -> users.User:
    """What is known of a user."""
    return users.User(
        user_id=message.user_id,
        display_name=message.display_name,
        email=message.email,
        plan=message.plan,
        monthly_revenue=_values.optional_money(message, "monthly_revenue"),
        acquisition_cost=_values.optional_money(message, "acquisition_cost"),
        signup_time=_values.optional_time(message, "signup_time"),
        create_time=_values.optional_time(message, "create_time"),
        update_time=_values.optional_time(message, "update_time"),
    )


def user_page(message: user_pb.ListUsersResponse) -> users.UserPage:
    """One page of users."""
    return users.UserPage(
        users=tuple(map(user, message.users)), next_page_token=message.next_page_token
    )


def erased(message: user_pb.EraseUserResponse) -> users.ErasedUser:
    """What became of a person who was erased."""
    return users.ErasedUser(
        anonymous_user_id=message.anonymous_user_id, record_count=message.record_count
    )
