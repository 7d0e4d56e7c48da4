from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from aiusage import Client
from fake import FakeService, fake_service
from server import Server, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[Client]:
    with Client(server.address, server.api_key) as client:
        yield client


@pytest.fixture
def fake() -> Iterator[FakeService]:
    """A service that does what the test tells it."""
    with fake_service() as service:
        yield service


@pytest.fixture
def user_id() -> str:
    """A user that no other test knows."""
    return f"user-{uuid.uuid4()}"
