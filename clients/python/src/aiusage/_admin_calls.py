"""The verbs about the caller's own key, for blocking code."""

from __future__ import annotations

from aiusage.v1 import admin_service_pb2 as admin_pb

from . import _from_proto
from ._caller import Caller
from .identity import Identity


class AdminCalls(Caller):
    """Tells whose key this is."""

    def get_caller(self, *, timeout: float | None = None) -> Identity:
        """The tenant and the key, and the service's version."""
        request = admin_pb.GetCallerRequest()
        return _from_proto.identity(self._call(self._connect().admin.GetCaller, request, timeout))
