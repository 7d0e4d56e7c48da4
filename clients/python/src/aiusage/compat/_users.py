"""Users of the application and the ids that records carry."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from . import _days

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_log = logging.getLogger("aiusage")


def id_of(user: Any) -> str:
    """The id under which a user's records are: that of the settings, else the primary key.

    Takes a user or an id. Nobody, or somebody who is not logged in, is an empty id.
    """
    if not _days.settings_are_there():
        return _id_of(user)
    from aiusage.django.asking import ask

    return ask(lambda: _id_of(user))


def _id_of(user: Any) -> str:
    if user is None or getattr(user, "is_anonymous", False) is True:
        return ""
    if not hasattr(user, "pk"):
        return str(user)
    if _days.settings_are_there():
        from aiusage.django.conf import app_settings

        if (own := app_settings().user_id) is not None:
            found = own(user)
            return "" if found is None else str(found)
    return "" if user.pk is None else str(user.pk)


def id_or_nobody(user: Any) -> str:
    """As `id_of`, and empty where it cannot be told.

    A record without its user is better than a broken application. A budget that is checked
    for nobody is not, hence questions take `id_of`.
    """
    try:
        return id_of(user)
    except Exception:
        _log.exception("cannot tell the id of a user")
        return ""


def ids_of(users: Iterable[Any]) -> list[str]:
    """The ids of several users."""
    return [id_of(user) for user in users]


def ids_where(field: str, values: Collection[Any]) -> list[str]:
    """The ids of users whom the application knows by another field, such as an e-mail."""
    from django.contrib.auth import get_user_model

    return ids_of(get_user_model()._default_manager.filter(**{f"{field}__in": list(values)}))


def people(user_ids: Iterable[str]) -> Mapping[str, Any]:
    """The users behind ids, as far as the application still has them."""
    if not _days.settings_are_there():
        return {}
    from django.contrib.auth import get_user_model
    from django.core.exceptions import ValidationError

    model = get_user_model()
    keys: dict[Any, str] = {}
    for user_id in user_ids:
        try:
            keys[model._meta.pk.to_python(user_id)] = user_id
        except (ValidationError, TypeError, ValueError):
            # An id that is no key, such as that of records without a user.
            continue
    found = model._default_manager.in_bulk(list(keys))
    return {keys[key]: user for key, user in found.items()}


def key_of(user_id: str) -> Any:
    """The primary key behind an id, in its own type; the id itself where it is none."""
    if not _days.settings_are_there():
        return user_id
    from django.contrib.auth import get_user_model
    from django.core.exceptions import ValidationError

    try:
        return get_user_model()._meta.pk.to_python(user_id)
    except (ValidationError, TypeError, ValueError):
        return user_id


def text(user: Any, attribute: str, otherwise: str) -> str:
    """A field of a user as text; of somebody who is gone, what stands for them."""
    return otherwise if user is None else str(getattr(user, attribute, "") or "")
