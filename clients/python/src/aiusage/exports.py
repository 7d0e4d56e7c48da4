"""Files that the service writes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

import grpc.aio

from . import _errors
from . import _values_from_proto as _values
from .errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

    from typing_extensions import Self

    from aiusage.v1 import analytics_service_pb2 as analytics_pb
    from aiusage.v1 import export_service_pb2 as export_pb

    from .values import Coverage

Report: TypeAlias = (
    "export_pb.UsageReport | analytics_pb.GetBreakdownRequest | analytics_pb.ListTopUsersRequest"
)
"""What a file may be of."""

AsyncExportCall: TypeAlias = (
    "grpc.aio.UnaryStreamCall[export_pb.ExportRequest, export_pb.ExportResponse]"
)


class ExportCall(Protocol):
    """What is used of grpc's call object."""

    def __next__(self) -> export_pb.ExportResponse:
        """Waits for the next response."""

    def cancel(self) -> object:
        """Ends the stream."""


class _Progress:
    """What both kinds of export know; no input or output happens here."""

    def __init__(self) -> None:
        self.row_count = 0
        """Rows written so far."""
        self.total_row_count = 0
        """Rows that there will be. 0: unknown."""
        self.done = False
        """True when the file is whole."""
        self._file_name = ""
        self._coverage: Coverage | None = None

    def _note(self, first: export_pb.ExportResponse) -> None:
        self._file_name = first.file_name
        self._coverage = _values.coverage(first.coverage) if first.HasField("coverage") else None

    def _take(self, response: export_pb.ExportResponse) -> bytes:
        self.row_count = response.row_count or self.row_count
        self.total_row_count = response.total_row_count or self.total_row_count
        self.done = response.done
        return response.data

    def _check_whole(self) -> None:
        if not self.done:
            raise UnavailableError("the service ended the file early", code="UNAVAILABLE")


class Export(_Progress):
    """A file as it comes: iterate over its bytes once, or `save` it.

    Either raises an error where the file broke off, so that no part is taken for the
    whole. Close it, or use it in a `with` block, when it is not read to its end.
    """

    def __init__(self, call: ExportCall) -> None:
        """Reads `call`."""
        super().__init__()
        self._call = call
        self._first: export_pb.ExportResponse | None = None

    @property
    def file_name(self) -> str:
        """A name for the file. Waits for the first message."""
        self._wait()
        return self._file_name

    @property
    def coverage(self) -> Coverage | None:
        """How far the file reaches. Waits for the first message; None where it came without."""
        self._wait()
        return self._coverage

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, piece by piece."""
        # The first message has the name, and may have been read for it.
        self._wait()
        response = self._first
        while response is not None:
            if data := self._take(response):
                yield data
            response = self._receive()
        self._check_whole()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the file; what is at `path` is replaced only once the file is whole."""
        path = Path(path)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
            try:
                for data in self:
                    part.write(data)
                part.close()
                Path(part.name).replace(path)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
        return path

    def close(self) -> None:
        """Ends the export."""
        self._call.cancel()

    def __enter__(self) -> Self:
        """The export itself."""
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the export."""
        self.close()

    def _wait(self) -> None:
        if self._first is None:
            self._first = self._receive()
            if self._first is not None:
                self._note(self._first)

    def _receive(self) -> export_pb.ExportResponse | None:
        try:
            return next(self._call)
        except StopIteration:
            return None
        except grpc.RpcError as error:
            raise _errors.from_call(cast("grpc.Call", error)) from error


class AsyncExport(_Progress):
    """The same as `Export`, for `async for`."""

    def __init__(self, call: AsyncExportCall) -> None:
        """Reads `call`."""
        super().__init__()
        self._call = call
        self._begun = False

    @property
    def file_name(self) -> str:
        """A name for the file, once its first bytes are there."""
        return self._file_name

    @property
    def coverage(self) -> Coverage | None:
        """How far the file reaches, once its first bytes are there."""
        return self._coverage

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes, piece by piece."""
        try:
            async for response in self._call:
                if not self._begun:
                    self._begun = True
                    self._note(response)
                if data := self._take(response):
                    yield data
        except grpc.aio.AioRpcError as error:
            raise _errors.from_call(error) from error
        self._check_whole()

    def close(self) -> None:
        """Ends the export."""
        self._call.cancel()
