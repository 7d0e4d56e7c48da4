"""Gives every AI call of a request its user and session."""

from __future__ import annotations

import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import FileResponse, StreamingHttpResponse

from aiusage.tracking.ambient import Context, context_var

from .request_context import context_of

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Response = HttpResponseBase | Awaitable[HttpResponseBase]


class AiusageMiddleware:
    """Put it below AuthenticationMiddleware. Works in sync and async projects alike."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Response]) -> None:
        """Is told what comes after it."""
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Response:
        """Answers the request with its user and session around it."""
        if self._is_async:
            return self._answer_async(request)
        token = context_var.set(context_of(request, context_var.get()))
        try:
            return _keep_context(cast("HttpResponseBase", self.get_response(request)))
        finally:
            context_var.reset(token)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        token = context_var.set(context_of(request, context_var.get()))
        try:
            response = self.get_response(request)
            return _keep_context(await cast("Awaitable[HttpResponseBase]", response))
        finally:
            context_var.reset(token)


def _keep_context(response: HttpResponseBase) -> HttpResponseBase:
    """A streamed response is made after the middleware is left: it takes the context along."""
    if not isinstance(response, StreamingHttpResponse) or isinstance(response, FileResponse):
        return response
    parts = response.streaming_content
    if response.is_async:
        response.streaming_content = _async_parts(
            aiter(cast("AsyncIterator[bytes]", parts)), context_var.get()
        )
    else:
        response.streaming_content = _parts(
            iter(cast("Iterator[bytes]", parts)), contextvars.copy_context()
        )
    return response


def _parts(parts: Iterator[bytes], around: contextvars.Context) -> Iterator[bytes]:
    end = object()
    while (part := around.run(next, parts, cast("Any", end))) is not end:
        yield part


async def _async_parts(parts: AsyncIterator[bytes], around: Context) -> AsyncIterator[bytes]:
    end = object()
    while True:
        token = context_var.set(around)
        try:
            part = await anext(parts, cast("Any", end))
        finally:
            context_var.reset(token)
        if part is end:
            return
        yield part
