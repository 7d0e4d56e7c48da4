"""How calls travel: retries, deadlines and the API key. Both clients use it."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Protocol

from aiusage.v1 import (
    admin_service_pb2,
    alert_service_pb2,
    analytics_service_pb2,
    budget_service_pb2,
    cost_service_pb2,
    pricing_service_pb2,
    usage_service_pb2,
    user_service_pb2,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import ServiceDescriptor

DEFAULT_TIMEOUT_S = 5.0

# A call that is repeated changes nothing twice: records, reservations and budgets
# carry ids that were made before the first try. The throttle keeps retries from
# weighing on a service in need.
RETRY_ATTEMPTS = 4
RETRY_INITIAL_DELAY_S = 0.1
RETRY_MAX_DELAY_S = 1.0
RETRY_DELAY_FACTOR = 2.0
# A repetition would make another key, destination or version of a price, or not find the
# user who was just erased.
_NOT_REPEATABLE = {"CreateKey", "CreateWebhook", "CreatePrice", "EndPrice", "EraseUser"}
_RETRY_THROTTLE = {"maxTokens": 10, "tokenRatio": 0.1}


class PageRequest(Protocol):
    """A request for one page of a list."""

    page_token: str


class Page(Protocol):
    """One page of a list."""

    next_page_token: str


def options() -> list[tuple[str, Any]]:
    """Channel options of both clients."""
    return [
        ("grpc.service_config", json.dumps(_service_config())),
        # A service that came back is found within seconds.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1_000),
        ("grpc.max_reconnect_backoff_ms", 5_000),
        # A batch has no deadline of its own: pings find a dead connection.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
    ]


def call_metadata(api_key: str) -> tuple[tuple[str, str], ...]:
    """The headers of every call."""
    return (("authorization", f"Bearer {api_key}"),)


def backoff_s(failures: int, max_delay_s: float = RETRY_MAX_DELAY_S) -> float:
    """Spread a little, so that many clients do not come back at the same moment."""
    # However many failures there were, the power stays a number.
    delay_s = RETRY_INITIAL_DELAY_S * RETRY_DELAY_FACTOR ** min(failures - 1, 30)
    return min(delay_s, max_delay_s) * random.uniform(0.8, 1.2)


def _service_config() -> dict[str, Any]:
    return {
        "methodConfig": [
            {
                "name": [*_repeatable_methods()],
                "retryPolicy": {
                    "maxAttempts": RETRY_ATTEMPTS,
                    "initialBackoff": f"{RETRY_INITIAL_DELAY_S}s",
                    "maxBackoff": f"{RETRY_MAX_DELAY_S}s",
                    "backoffMultiplier": RETRY_DELAY_FACTOR,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
        "retryThrottling": _RETRY_THROTTLE,
    }


def _repeatable_methods() -> Iterator[dict[str, str]]:
    """Streams are left out: they are opened again where they broke off."""
    for service in _services():
        for method in service.methods:
            is_stream = method.client_streaming or method.server_streaming
            if not is_stream and method.name not in _NOT_REPEATABLE:
                yield {"service": service.full_name, "method": method.name}


def _services() -> Iterator[ServiceDescriptor]:
    for file in (
        usage_service_pb2.DESCRIPTOR,
        budget_service_pb2.DESCRIPTOR,
        alert_service_pb2.DESCRIPTOR,
        pricing_service_pb2.DESCRIPTOR,
        analytics_service_pb2.DESCRIPTOR,
        cost_service_pb2.DESCRIPTOR,
        user_service_pb2.DESCRIPTOR,
        admin_service_pb2.DESCRIPTOR,
    ):
        yield from file.services_by_name.values()
