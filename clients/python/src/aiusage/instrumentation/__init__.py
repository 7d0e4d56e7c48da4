"""Tracks every call of an SDK's client, without another line at the calls.

`instrument(client)` works on the one object that it is given and on nothing else:
no class and no module is changed, except the module of LiteLLM, which is its client.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from aiusage.tracking.tracker import TrackFields

__all__ = ["instrument"]

_Client = TypeVar("_Client")

# The package that a client's class comes from, and the module here that knows it.
_FAMILIES = {
    "openai": "stainless",
    "anthropic": "stainless",
    "google": "google",
    "cohere": "cohere",
    "mistralai": "mistral",
    "botocore": "bedrock",
    "litellm": "litellm",
}


def instrument(
    client: _Client,
    *,
    provider: str = "",
    include_usage: bool | None = None,
    **fields: Unpack[TrackFields],
) -> _Client:
    """Has each call of this client tracked, and gives the same object back.

    A call is recorded with its model, timing, outcome and usage, as by `track`, and
    with the context of where it is made. The client behaves as before: results keep
    their types, streams their methods, errors go on. Doing it twice counts once.

    Args:
        client: A client of openai, anthropic, google-genai, cohere or mistralai, also
            asyncio and Azure, Bedrock and Vertex; a bedrock-runtime client of boto3;
            or the module litellm.
        provider: Who answers, where the client's address does not say it.
        include_usage: Asks OpenAI's chat streams for their usage where the application
            did not ask; the chunk that carries it is kept from the application. A stream
            that is not asked tells no tokens. None: only those of OpenAI and OpenRouter,
            since a server that does not know the question may refuse the call.
        fields: What `track` takes, for all calls of this client.

    Raises:
        TypeError: This is no client that is known.
    """
    family = _family(client)
    if family is None:
        raise TypeError(
            f"cannot instrument {type(client).__module__}.{type(client).__qualname__}: expected a "
            "client of openai, anthropic, google-genai, cohere or mistralai, a bedrock-runtime "
            "client of boto3, or the module litellm"
        )
    known: Any = importlib.import_module(f".{family}", __package__)
    known.instrument(client, {"provider": provider, **fields}, include_usage=include_usage)
    return client


def _family(client: object) -> str | None:
    if getattr(client, "__name__", None) == "litellm":
        return "litellm"
    packages = (each.__module__.partition(".")[0] for each in type(client).__mro__)
    return next((_FAMILIES[package] for package in packages if package in _FAMILIES), None)
