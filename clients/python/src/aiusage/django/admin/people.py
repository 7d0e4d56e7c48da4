"""Users of the project: found by what they are called, and named where ids would stand.

The service knows ids; names and e-mail addresses are the project's, and shown to those alone
who may see its users.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import CharField, Q, TextField

from aiusage.compat import _users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from .log_question import LogQuestion

# The service takes so many ids in one filter.
MOST = 100
# Words of a search that are looked at: each is another condition of the query.
_MOST_WORDS = 8
# Says that the text of records is searched, although users are found as well.
IN_RECORDS = "records"


@dataclass(frozen=True)
class Person:
    """A user of the project."""

    user_id: str
    display_name: str
    email: str


@dataclass(frozen=True)
class Found:
    """Whom a search means."""

    people: tuple[Person, ...] = ()
    has_more: bool = False
    """Whether only the first of them are here."""


def may_be_seen(request: HttpRequest) -> bool:
    """Whether whoever asks may see the project's users."""
    opts = get_user_model()._meta
    user: Any = request.user
    return any(
        user.has_perm(f"{opts.app_label}.{verb}_{opts.model_name}") for verb in ("view", "change")
    )


def search(request: HttpRequest, text: str) -> Found:
    """Users by key, by user name, name and e-mail address; whoever is called just so is first."""
    words = text.split()[:_MOST_WORDS]
    # No database takes it in a text.
    if not words or "\0" in text or not may_be_seen(request):
        return Found()
    users = get_user_model()._default_manager
    contains = Q()
    for word in words:
        contains &= _any_field("icontains", word)
    called_so = _any_field("iexact", text)
    if (key := _key(text)) is not None:
        called_so |= Q(pk=key)
    # An empty condition would be everybody.
    queries = [users.filter(condition) for condition in (called_so, contains) if condition]
    found: dict[str, Person] = {}
    for query in queries:
        for user in query.order_by("pk")[: MOST + 1]:
            user_id = _users.id_or_nobody(user)
            if user_id:
                found.setdefault(user_id, _person(user_id, user))
    return Found(tuple(found.values())[:MOST], has_more=len(found) > MOST)


def narrow(request: HttpRequest, question: LogQuestion) -> tuple[LogQuestion, Found]:
    """The question, with a search for users as a filter by their ids."""
    found = search(request, question.search)
    ids = [person.user_id for person in found.people]
    if chosen := question.filter.user_ids:
        ids = [user_id for user_id in ids if user_id in chosen]
    if not ids or question.looks_in == IN_RECORDS:
        return question, found if ids else Found()
    narrowed = replace(question.filter, user_ids=ids)
    return replace(question, filter=narrowed, record_search=""), found


def names(request: HttpRequest, user_ids: Iterable[str]) -> dict[str, str]:
    """What the project calls users, for those who may know it."""
    if not may_be_seen(request):
        return {}
    known = {user_id for user_id in user_ids if user_id and _key(user_id) is not None}
    return {
        user_id: _person(user_id, user).display_name
        for user_id, user in _users.people(known).items()
        # Ids of the settings' own making are no keys: the key's user may be another one.
        if _users.id_or_nobody(user) == user_id
    }


def _text_fields() -> list[str]:
    model: Any = get_user_model()
    email = getattr(model, "get_email_field_name", str)()
    wanted = dict.fromkeys([model.USERNAME_FIELD, email, "first_name", "last_name"])
    return [name for name in wanted if name and _is_text(model, name)]


def _is_text(model: Any, name: str) -> bool:
    try:
        return isinstance(model._meta.get_field(name), CharField | TextField)
    except FieldDoesNotExist:
        return False


def _any_field(lookup: str, text: str) -> Q:
    condition = Q()
    for name in _text_fields():
        condition |= Q(**{f"{name}__{lookup}": text})
    return condition


def _key(text: str) -> Any:
    """The primary key that a text is; None where it is none, or none that a database takes."""
    field: Any = get_user_model()._meta.pk
    try:
        value = field.to_python(text)
        field.run_validators(value)
    except (ValidationError, TypeError, ValueError):
        return None
    return value


def _person(user_id: str, user: Any) -> Person:
    """Name and e-mail address, of any model of users."""
    full_name = getattr(user, "get_full_name", str)() or user.get_username()
    field = getattr(user, "get_email_field_name", str)()
    return Person(user_id, str(full_name), str(getattr(user, field, "") or "") if field else "")
