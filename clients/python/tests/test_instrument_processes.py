"""Streams that are open when a process ends or forks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance import case_of
from providers import as_events

if TYPE_CHECKING:
    from aiusage import Client
    from providers import Provider
    from server import Server

PROGRAM = Path(__file__).with_name("stream_at_exit.py")
CHUNKS = case_of("responses-openai-chat.json", "a stream whose last chunk")["events"]


@pytest.mark.parametrize(("how", "errors", "output_tokens"), [("exit", 1, 0), ("fork", 0, 500)])
def test_an_open_stream_is_recorded_once_and_holds_up_no_end(
    server: Server,
    client: Client,
    provider: Provider,
    tmp_path: Path,
    user_id: str,
    how: str,
    errors: int,
    output_tokens: int,
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    environment = {
        **os.environ,
        "AIUSAGE_ADDRESS": server.address,
        "AIUSAGE_API_KEY": server.api_key,
        "AIUSAGE_SPOOL_DIR": str(tmp_path),
    }
    command = [sys.executable, str(PROGRAM), f"{provider.url}/v1", user_id, how]
    subprocess.run(command, env=environment, check=True, timeout=120)
    totals = client.get_user_cost(user_id).totals
    assert (totals.request_count, totals.error_count) == (1, errors)
    assert totals.output_tokens == output_tokens
