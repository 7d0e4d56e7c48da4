from __future__ import annotations

import os
import time
import uuid
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import django
import pytest

from aiusage import Client
from catching import CatchingSender
from fake import FakeService, fake_service
from providers import Provider, running_provider
from server import Server, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator


# A test that looks at what was used today takes less.
_BEFORE_MIDNIGHT = timedelta(seconds=30)

# Before any test module is imported, since some import models.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_settings")
django.setup()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[Client]:
    with Client(server.address, server.api_key) as client:
        yield client


@pytest.fixture(scope="session")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The Django project of `django_settings`, with its tables and the real service."""
    from django.conf import settings
    from django.core.management import call_command
    from django.core.signals import setting_changed

    settings.AIUSAGE = {
        "ADDRESS": server.address,
        "API_KEY": server.api_key,
        "SPOOL_DIR": tmp_path_factory.mktemp("spool"),
    }
    setting_changed.send(None, setting="AIUSAGE", value=settings.AIUSAGE, enter=True)
    call_command("migrate", verbosity=0)


@pytest.fixture
def settings_of_site(site: None) -> dict[str, Any]:
    """The setting AIUSAGE, to be changed with `override_settings`."""
    from django.conf import settings

    return dict(settings.AIUSAGE)


@pytest.fixture
def within_a_day() -> None:
    """No day ends while the test runs, neither in the zone of the site nor in UTC."""
    for zone in (timezone.utc, ZoneInfo("Europe/Berlin")):
        now = datetime.now(zone)
        if (now + _BEFORE_MIDNIGHT).date() != now.date():
            time.sleep(_BEFORE_MIDNIGHT.total_seconds())


@pytest.fixture
def patient_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions wait for what was recorded just now as long as a busy machine takes."""
    monkeypatch.setattr("aiusage.compat._service._CATCH_UP_S", 60)


@pytest.fixture
def fake() -> Iterator[FakeService]:
    """A service that does what the test tells it."""
    with fake_service() as service:
        yield service


@pytest.fixture(autouse=True, scope="session")
def spool_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test leaves records in the folder of whoever runs it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AIUSAGE_SPOOL_DIR", str(tmp_path_factory.mktemp("spool")))
        yield


@pytest.fixture
def user_id() -> str:
    """A user that no other test knows."""
    return f"user-{uuid.uuid4()}"


@pytest.fixture
def sender() -> CatchingSender:
    """Keeps what it is given, so that a test can look at it."""
    return CatchingSender()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A server that answers as the providers do."""
    with running_provider() as provider:
        yield provider
