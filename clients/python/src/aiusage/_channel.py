"""How calls travel: retries, deadlines and the API key. Both clients use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiusage.v1 import pricing_service_pb2, usage_service_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import ServiceDescriptor

DEFAULT_TIMEOUT_S = 5.0

# Every call is safe to repeat: questions change nothing, and a record carries
# its record_id. The throttle keeps retries from weighing on a service in need.
RETRY_ATTEMPTS = 4
RETRY_INITIAL_DELAY_S = 0.1
RETRY_MAX_DELAY_S = 1.0
RETRY_DELAY_FACTOR = 2.0
_RETRY_THROTTLE = {"maxTokens": 10, "tokenRatio": 0.1}


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


def _service_config() -> dict[str, Any]:
    return {
        "methodConfig": [
            {
                "name": [*_unary_methods()],
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


def _unary_methods() -> Iterator[dict[str, str]]:
    """The stream of a batch is left out: `_batch` sends again what was not answered."""
    for service in _services():
        for method in service.methods:
            if not method.client_streaming:
                yield {"service": service.full_name, "method": method.name}


def _services() -> Iterator[ServiceDescriptor]:
    for file in (usage_service_pb2.DESCRIPTOR, pricing_service_pb2.DESCRIPTOR):
        yield from file.services_by_name.values()
