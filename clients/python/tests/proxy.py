"""A TCP proxy in front of the server that can cut its connections."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


class Proxy:
    def __init__(self, server_address: str, port: int = 0) -> None:
        server = urlsplit(server_address)
        self._server = (str(server.hostname), server.port or 80)
        self._listener = socket.create_server(("127.0.0.1", port))
        self._sockets: list[socket.socket] = []
        self.cut_count = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Breaks every connection that is open."""
        self.cut_count += 1
        while self._sockets:
            with suppress(OSError):
                self._sockets.pop().shutdown(socket.SHUT_RDWR)

    def accept(self) -> None:
        """Carries bytes both ways until the listener is closed."""
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._server)
            self._sockets += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, target), daemon=True).start()

    def close(self) -> None:
        # Wakes the thread that accepts; closing alone would not.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()


@contextmanager
def proxy_to(server_address: str, port: int = 0) -> Iterator[Proxy]:
    """A proxy at `port`, so that a service can come to an address where nobody was."""
    proxy = Proxy(server_address, port)
    thread = threading.Thread(target=proxy.accept, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError), source, target:
        while content := source.recv(65536):
            target.sendall(content)
