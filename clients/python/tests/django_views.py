"""The views of the tests' Django project. Each makes AI calls, or none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from django.http import HttpResponse, StreamingHttpResponse

import aiusage
from aiusage.compat.tracker import AIUsageTracker

if TYPE_CHECKING:
    from django.http import HttpRequest


def call(**fields: str) -> None:
    """An AI call."""
    with aiusage.track("openai", "gpt-4o", **fields) as tracker:  # type: ignore[arg-type]
        tracker.set_tokens(input_tokens=1000, output_tokens=0)


def no_call(request: HttpRequest) -> HttpResponse:
    """Most views."""
    with aiusage.context(feature="none"):
        return HttpResponse("done")


def one_call(request: HttpRequest) -> HttpResponse:
    """A view."""
    call(feature="view")
    return HttpResponse("done")


def other_user(request: HttpRequest) -> HttpResponse:
    """A view that calls on behalf of somebody else."""
    with aiusage.context(user_id=request.GET["user"], tags={"view": "other"}):
        call()
    return HttpResponse("done")


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    """Its calls are made after the view has returned."""

    def parts() -> Iterator[str]:
        call(feature="first")
        yield "a"
        call(feature="second")
        yield "b"

    return StreamingHttpResponse(parts())


async def one_call_async(request: HttpRequest) -> HttpResponse:
    """An async view that did not look at its user."""
    call(feature="async")
    return HttpResponse("done")


async def known_user_async(request: HttpRequest) -> HttpResponse:
    """An async view that did."""
    user = await request.auser()
    call(feature="async")
    return HttpResponse(str(user.pk))


async def compat_async(request: HttpRequest) -> HttpResponse:
    """An async view that hands its user on without having looked at it."""
    with AIUsageTracker.track_ai_request(request.user, "async", "openai", "gpt-4o"):
        return HttpResponse("done")


async def streamed_async(request: HttpRequest) -> StreamingHttpResponse:
    """Its calls are made after the view has returned."""

    async def parts() -> AsyncIterator[str]:
        call(feature="first")
        yield "a"
        call(feature="second")
        yield "b"

    return StreamingHttpResponse(parts())
