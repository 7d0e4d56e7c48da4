"""What recording costs the thread that does it, and what memory a dead service takes.

    AIUSAGE_BINARY=target/release/aiusage python bench/track.py

With AIUSAGE_ADDRESS and AIUSAGE_API_KEY set, that service is used instead.
"""

from __future__ import annotations

import gc
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import aiusage
from aiusage.sending import SpoolMode
from aiusage.sending.packing import pack
from aiusage.sending.settings import Settings
from server import Server, running_server

CALLS = 20_000
# About as fast as a busy process makes AI calls; the sending thread is not starved.
PAUSE_EVERY = 50
PAUSE_S = 0.01
DEAD_RECORDS = 200_000
SETTINGS = Settings()
USAGE = aiusage.Usage(input_tokens=1000, output_tokens=500)
FIELDS = {"user_id": "user-1", "provider": "openai", "model": "gpt-4o", "usage": USAGE}


def main() -> None:
    """Prints all figures."""
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        spool_dir = Path(folder)
        print("-- with the service, in memory")
        measure_calls(server, spool_dir, "when_away")
        print("-- with the service, on disk first")
        measure_calls(server, spool_dir, "always")
        print("-- its parts")
        show("pack, the conversion alone", timed(pack_one))
        print(f"-- {DEAD_RECORDS:,} records while the service is away")
        measure_memory(spool_dir, "when_away")
        measure_memory(spool_dir, "never")
    aiusage.configure(enabled=False)


def measure_calls(server: Server, spool_dir: Path, mode: SpoolMode) -> None:
    """Caller's time of each verb, while the records are really sent."""
    aiusage.configure(server.address, server.api_key, spool=mode, spool_dir=spool_dir)
    show("record", timed(record_one))
    show("track", timed(track_one))
    show("track, with tags and metadata", timed(track_much))
    assert aiusage.flush(120)
    stats = aiusage.sender_stats()
    print(f"   {stats.sent:,} sent, {stats.dropped} dropped")


def measure_memory(spool_dir: Path, mode: SpoolMode) -> None:
    """How far the process grows."""
    lost: list[int] = [0]

    def count_lost(*_: object) -> None:
        lost[0] += 1

    aiusage.configure(
        dead_address(),
        "aiusage_any",
        spool=mode,
        spool_dir=spool_dir,
        exit_timeout=0.1,
        on_drop=count_lost,
    )
    gc.collect()
    before, started_s = rss_mib(), time.perf_counter()
    highest = before
    for number in range(DEAD_RECORDS):
        track_much()
        if number % 1000 == 0:
            highest = max(highest, rss_mib())
    seconds = time.perf_counter() - started_s
    stats = aiusage.sender_stats()
    print(
        f"   spool={mode}: {seconds:.1f} s; RSS in MiB: {before:.0f} before, {highest:.0f} at most"
    )
    print(f"   {stats.queued:,} in memory, {stats.spooled:,} on disk, {lost[0]:,} lost")


def record_one() -> None:
    """The plain function."""
    aiusage.record(user_id="user-1", provider="openai", model="gpt-4o", usage=USAGE)


def track_one() -> None:
    """A block as in the README."""
    with aiusage.track("openai", "gpt-4o", user_id="user-1", feature="chat") as call:
        call.set_tokens(input_tokens=1000, output_tokens=500)


def track_much() -> None:
    """A block that says all it can."""
    with aiusage.track(
        "openai", "gpt-4o", user_id="user-1", feature="chat", tags={"plan": "pro"}
    ) as call:
        call.set_tokens(input_tokens=1000, output_tokens=500)
        call.set_metadata(request={"temperature": 0.5}, response={"finish_reasons": ["stop"]})


def pack_one() -> None:
    """What the caller's thread does for the sending one."""
    pack(FIELDS, SETTINGS)


def timed(work: Callable[[], None]) -> list[float]:
    """Microseconds of every call, shortest first."""
    times_us = []
    for number in range(CALLS):
        started_ns = time.perf_counter_ns()
        work()
        times_us.append((time.perf_counter_ns() - started_ns) / 1000)
        if number % PAUSE_EVERY == 0:
            time.sleep(PAUSE_S)
    return sorted(times_us)


def show(name: str, times_us: list[float]) -> None:
    """Prints a line of figures."""
    p99 = times_us[int(len(times_us) * 0.99)]
    print(f"   {name:32} p50 {statistics.median(times_us):7.1f} us   p99 {p99:8.1f} us")


def rss_mib() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def dead_address() -> str:
    """Nothing listens here."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


if __name__ == "__main__":
    main()
