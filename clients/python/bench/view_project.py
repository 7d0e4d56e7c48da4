"""A project of one page, with or without tracking: what `bench/view.py` compares.

The page does what pages do: it knows the session and the user, asks the database, and
renders a template. What the provider would take, seconds, is left out.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

import django
from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

IS_TRACKED = os.environ["BENCH_TRACKED"] == "1"

settings.configure(
    SECRET_KEY="for a measurement alone",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        *(["aiusage.django"] if IS_TRACKED else []),
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        *(["aiusage.django.middleware.AiusageMiddleware"] if IS_TRACKED else []),
    ],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCH_DATABASE"]}
    },
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse as Response  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402

import aiusage  # noqa: E402

ANSWER = {
    "object": "chat.completion",
    "model": "gpt-4o",
    "choices": [{"message": {"content": "Hello."}}],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
}
PAGE = engines["django"].from_string(
    "<h1>{{ user.username }}</h1><ul>"
    "{% for each in rows %}<li>{{ each|upper }} {{ forloop.counter }}</li>{% endfor %}</ul>"
    "{{ text }}"
)


def page(request: HttpRequest) -> HttpResponse:
    """One AI call, which takes no time."""
    with aiusage.track("openai", "gpt-4o", feature="page") if IS_TRACKED else nullcontext() as call:
        answer = ANSWER
        if call is not None:
            call.set_response(answer)
    rows = ["row"] * 50
    return Response(PAGE.render({"user": request.user, "rows": rows, "text": "Hello."}, request))


urlpatterns = [path("", page)]
application = get_wsgi_application()
