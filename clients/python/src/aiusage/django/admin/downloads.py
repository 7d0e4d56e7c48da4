"""Files that the service writes, handed on as they come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponseBadRequest, StreamingHttpResponse

from aiusage import ExportFormat

from .links import query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from django.http import HttpRequest, HttpResponseBase

    from aiusage import Coverage, Export

_FORMATS = {
    "csv": (ExportFormat.CSV, "text/csv; charset=utf-8", "CSV"),
    "xlsx": (
        ExportFormat.EXCEL,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "Excel",
    ),
    "jsonl": (ExportFormat.JSON_LINES, "application/jsonl", "JSON lines"),
}


def links(params: Mapping[str, str]) -> list[tuple[str, str]]:
    """The name of each format, and the query of its address."""
    return [(label, query(params, format=name)) for name, (_, _, label) in _FORMATS.items()]


def response(request: HttpRequest, start: Callable[[ExportFormat], Export]) -> HttpResponseBase:
    """The file in the format that the address names."""
    name = request.GET.get("format", "csv")
    if name not in _FORMATS:
        return HttpResponseBadRequest(f"format must be one of {', '.join(_FORMATS)}")
    export_format, content_type, _ = _FORMATS[name]
    export = start(export_format)
    # Waits for the first message: what is wrong is then a page, and not a broken file.
    file_name = export.file_name
    # Else a server for asyncio would read the whole file before it sends anything.
    is_async = isinstance(request, ASGIRequest)
    answer = StreamingHttpResponse(
        _pieces_async(export) if is_async else _pieces(export), content_type=content_type
    )
    answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
    answer["Cache-Control"] = "no-store"
    if export.coverage is not None:
        answer["Aiusage-Coverage"] = _coverage(export.coverage)
    return answer


def _coverage(coverage: Coverage) -> str:
    start = coverage.log_start_time
    told = {
        "complete": coverage.complete,
        "logStartTime": start.isoformat() if start else None,
        "explanation": coverage.explanation,
    }
    return json.dumps(told)


def _pieces(export: Export) -> Iterator[bytes]:
    with export:
        yield from export


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


async def _pieces_async(export: Export) -> AsyncIterator[bytes]:
    pieces = iter(export)
    try:
        while (piece := await sync_to_async(_next)(pieces)) is not None:
            yield piece
    finally:
        export.close()
