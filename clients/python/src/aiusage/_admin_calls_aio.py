"""The verbs about the caller's own key, for asyncio."""

from __future__ import annotations

from aiusage.v1 import admin_service_pb2 as admin_pb

from . import _from_proto
from ._caller_aio import AsyncCaller
from .identity import Identity


class AsyncAdminCalls(AsyncCaller):
    """Tells whose key this is; see `AdminCalls`."""

    async def get_caller(self, *, timeout: float | None = None) -> Identity:
        """The tenant and the key, and the service's version."""
        request = admin_pb.GetCallerRequest()
        call = self._connect().admin.GetCaller
        return _from_proto.identity(await self._call(call, request, timeout))
