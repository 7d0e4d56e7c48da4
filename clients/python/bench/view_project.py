"""A project of one page, with or without tracking: what `bench/view.py` compares.

The page does what such pages do: it knows the session and the user, asks a provider by
its SDK, and renders a template. The provider answers at once, which none does.
"""

from __future__ import annotations

import functools
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
    TIME_ZONE="UTC",
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse as Response  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402
from openai import OpenAI  # noqa: E402
from openai.types.chat import ChatCompletionUserMessageParam  # noqa: E402

import aiusage  # noqa: E402

MESSAGES: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "Say hello."}]
PAGE = engines["django"].from_string(
    "<h1>{{ user.username }}</h1><ul>"
    "{% for each in rows %}<li>{{ each|upper }} {{ forloop.counter }}</li>{% endfor %}</ul>"
    "{{ text }}"
)


def page(request: HttpRequest) -> HttpResponse:
    """One AI call."""
    with aiusage.track("openai", "gpt-4o", feature="page") if IS_TRACKED else nullcontext() as call:
        answer = client().chat.completions.create(model="gpt-4o", messages=MESSAGES)
        if call is not None:
            call.set_response(answer)
    text = answer.choices[0].message.content
    shown = {"user": request.user, "rows": ["row"] * 50, "text": text}
    return Response(PAGE.render(shown, request))


@functools.cache
def client() -> OpenAI:
    """The provider's SDK, made after the server forked."""
    return OpenAI()


urlpatterns = [path("", page)]
application = get_wsgi_application()
