"""The service is away, slow or full, or the program is killed: nothing is lost or doubled."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aiusage import Client, ConfigurationError, Sender, Usage, UsageRecord
from aiusage.sending.settings import Settings
from aiusage.sending.spool import Spool, SpoolError
from aiusage.sending.worker import SLOW_S
from fake_batches import fake_batches
from programs import environment, run, start
from proxy import proxy_to
from waiting import free_port

if TYPE_CHECKING:
    from server import Server

USAGE = Usage(input_tokens=1000, output_tokens=500)
TIMEOUT_S = 60


@pytest.fixture
def port() -> int:
    """Nobody listens there, yet."""
    return free_port()


@pytest.fixture
def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


Make = Callable[..., Sender]


@pytest.fixture
def make(server: Server, address: str, tmp_path: Path) -> Iterator[Make]:
    """Makes senders to the address where the service may be or not."""
    made: list[Sender] = []

    def make(**settings: Any) -> Sender:
        settings = {"spool_dir": tmp_path, "exit_timeout": 1.0, **settings}
        sender = Sender(address, server.api_key, Settings(**settings))
        made.append(sender)
        return sender

    yield make
    for sender in made:
        sender.close()


def record(sender: Sender, user_id: str, times: int = 1) -> None:
    for _ in range(times):
        sender.record(user_id=user_id, provider="openai", model="gpt-4o", usage=USAGE)


def count(client: Client, user_id: str) -> int:
    return client.get_user_cost(user_id).totals.request_count


def wait_until(condition: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.01)


def test_a_service_that_comes_back_gets_every_record_once(
    make: Make, server: Server, client: Client, port: int, user_id: str
) -> None:
    sender = make()
    record(sender, user_id, 1200)
    wait_until(lambda: sender.stats().spooled == 1200)
    assert (sender.stats().queued, sender.stats().failures > 0) == (0, True)
    record(sender, user_id, 3)
    with proxy_to(server.address, port):
        assert sender.flush(TIMEOUT_S)
        record(sender, user_id, 5)
        assert sender.flush(TIMEOUT_S)
    assert count(client, user_id) == 1208
    stats = sender.stats()
    assert (stats.spooled, stats.queued, stats.dropped, stats.failures) == (0, 0, 0, 0)
    assert stats.sent + stats.duplicates == 1208


def test_a_killed_process_loses_no_more_than_the_readme_says() -> None:
    """A record waits for others, or for an answer to those before, and then for its own."""
    assert max(Settings.linger, SLOW_S) + SLOW_S < 1.5


def test_it_comes_back_by_itself(
    make: Make, server: Server, client: Client, port: int, user_id: str
) -> None:
    sender = make()
    record(sender, user_id)
    wait_until(lambda: sender.stats().failures > 0)
    with proxy_to(server.address, port):
        wait_until(lambda: count(client, user_id) == 1)


def test_connections_that_break_lose_and_double_nothing(
    make: Make, server: Server, client: Client, port: int, user_id: str
) -> None:
    sender = make(linger=0.01)
    with proxy_to(server.address, port) as proxy:
        for _ in range(30):
            record(sender, user_id, 100)
            proxy.cut()
        assert sender.flush(TIMEOUT_S)
    assert count(client, user_id) == 3000
    assert sender.stats().dropped == 0


def test_without_a_spool_memory_keeps_them(
    make: Make, server: Server, client: Client, port: int, user_id: str, tmp_path: Path
) -> None:
    sender = make(spool="never")
    record(sender, user_id, 10)
    wait_until(lambda: sender.stats().failures > 0)
    assert sender.stats().queued == 10
    assert not sender.flush(0.01)
    with proxy_to(server.address, port):
        assert sender.flush(TIMEOUT_S)
    assert count(client, user_id) == 10
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_is_said_and_memory_keeps_them(
    make: Make,
    server: Server,
    client: Client,
    port: int,
    user_id: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").write_text("")
    sender = make(spool_dir=tmp_path / "file")
    record(sender, user_id, 10)
    wait_until(lambda: sender.stats().failures > 1)
    assert sender.stats().queued == 10
    assert "memory alone" in caplog.text
    with proxy_to(server.address, port):
        assert sender.flush(TIMEOUT_S)
    assert count(client, user_id) == 10


@pytest.mark.parametrize(
    "error", [ConfigurationError("no address"), RuntimeError("no home"), SpoolError("locked")]
)
def test_a_spool_that_cannot_be_opened_is_left_alone(
    make: Make, monkeypatch: pytest.MonkeyPatch, user_id: str, error: Exception
) -> None:
    tries: list[None] = []

    def fail() -> Spool:
        tries.append(None)
        raise error

    sender = make()
    monkeypatch.setattr(sender._shelf, "_open_spool", fail)
    record(sender, user_id)
    wait_until(lambda: sender._worker is not None and sender._worker.failures > 2)
    assert len(tries) < 10
    assert sender._queue.records == 1


def test_what_finds_no_room_is_told(
    make: Make, user_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    lost: list[tuple[UsageRecord, str]] = []
    sender = make(
        spool_records=20,
        queue_records=30,
        on_drop=lambda record, reason: lost.append((record, reason)),
    )
    with caplog.at_level(logging.WARNING, "aiusage"):
        record(sender, user_id, 10)
        wait_until(lambda: sender.stats().spooled == 10)
        record(sender, user_id, 100)
        wait_until(lambda: sender.stats().dropped == 60)
    stats = sender.stats()
    assert (stats.spooled, stats.queued, stats.dropped) == (20, 30, 60)
    assert {lost_record.user_id for lost_record, _ in lost} == {user_id}
    assert len(lost) == 60
    assert "the record" in caplog.text
    # One line a minute, not sixty.
    assert len([line for line in caplog.messages if "is lost" in line]) == 1


def test_no_room_is_raised_where_that_is_asked_for(make: Make, user_id: str) -> None:
    sender = make(spool="never", queue_records=1, raise_errors=True)
    record(sender, user_id)
    with pytest.raises(Exception, match="no room"):
        record(sender, user_id)


RECORDING = """
import sys, aiusage
# None of the tests has so much time: a spool never lets the end of a program wait for long.
aiusage.configure(exit_timeout=600, spool=sys.argv[3])
for _ in range(int(sys.argv[2])):
    aiusage.record(user_id=sys.argv[1], model="gpt-4o", usage=aiusage.Usage(input_tokens=1000))
"""
REPLAYING = """
import aiusage, sys
aiusage.configure()
assert aiusage.flush(50)
"""


def test_the_next_program_sends_what_one_could_not(
    server: Server, client: Client, port: int, address: str, user_id: str, tmp_path: Path
) -> None:
    env = environment(address, server.api_key, tmp_path)
    said = run(RECORDING, user_id, "700", "when_away", env=env)
    assert "kept" in said.stderr
    with proxy_to(server.address, port):
        run(REPLAYING, env=env)
        assert count(client, user_id) == 700
        run(REPLAYING, env=env)
    assert count(client, user_id) == 700


# What a dead process was about to send is free when its lease ended.
LATER = "import time; now = time.time; time.time = lambda: now() + 61\n"
WAITING = """
import time
print("recorded", flush=True)
while not {condition}:
    time.sleep(0.01)
print("spooled", flush=True)
input()
"""


def kill_after_it_spooled(program: str, *arguments: str, env: dict[str, str]) -> None:
    process = start(program, *arguments, env=env)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "recorded\n"
        assert process.stdout.readline() == "spooled\n"
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_program_that_is_killed_while_the_service_is_away(
    server: Server, client: Client, port: int, address: str, user_id: str, tmp_path: Path
) -> None:
    env = environment(address, server.api_key, tmp_path)
    program = RECORDING + WAITING.format(condition="aiusage.sender_stats().queued == 0")
    kill_after_it_spooled(program, user_id, "700", "when_away", env=env)
    with proxy_to(server.address, port):
        run(LATER + REPLAYING, env=env)
    assert count(client, user_id) == 700


def test_always_means_at_once(
    server: Server, client: Client, port: int, address: str, user_id: str, tmp_path: Path
) -> None:
    """Killed right after the call returned; the lease of the dead process ends by itself."""
    env = environment(address, server.api_key, tmp_path)
    program = RECORDING + WAITING.format(condition="True")
    kill_after_it_spooled(program, user_id, "50", "always", env=env)
    with proxy_to(server.address, port):
        run(LATER + REPLAYING, env=env)
    assert count(client, user_id) == 50


def test_always_leaves_nothing_behind_when_all_is_well(
    make: Make, server: Server, client: Client, port: int, user_id: str
) -> None:
    with proxy_to(server.address, port):
        sender = make(spool="always")
        record(sender, user_id, 600)
        assert sender.flush(TIMEOUT_S)
        assert sender.stats().spooled == 0
    assert count(client, user_id) == 600
    assert sender.stats().duplicates == 0


def test_many_programs_share_a_spool(
    server: Server, client: Client, port: int, address: str, user_id: str, tmp_path: Path
) -> None:
    env = environment(address, server.api_key, tmp_path)
    recording = [start(RECORDING, user_id, "300", "when_away", env=env) for _ in range(3)]
    for process in recording:
        process.communicate(timeout=TIMEOUT_S)
    with proxy_to(server.address, port):
        replaying = [start(REPLAYING, env=env) for _ in range(3)]
        ends = [process.communicate(timeout=TIMEOUT_S) for process in replaying]
        assert [process.returncode for process in replaying] == [0, 0, 0], ends
    assert count(client, user_id) == 900


def test_records_of_one_key_never_go_with_another(
    make: Make, server: Server, address: str, port: int, user_id: str, tmp_path: Path
) -> None:
    sender = make()
    record(sender, user_id)
    wait_until(lambda: sender.stats().spooled == 1)
    other = Sender(address, "aiusage_other", Settings(spool_dir=tmp_path))
    assert other.stats().spooled == 0


def test_a_key_that_took_the_place_of_another_sends_what_is_left(
    make: Make, server: Server, client: Client, port: int, user_id: str
) -> None:
    sender = make()
    former = Sender(f"http://127.0.0.1:{port}", "aiusage_former", sender.settings)
    record(former, user_id, 700)
    wait_until(lambda: former.stats().spooled == 700)
    former.close()
    assert sender.stats().spooled == 0
    with proxy_to(server.address, port):
        heir = make(former_api_keys=("aiusage_former", "aiusage_never_used"))
        assert heir.flush(TIMEOUT_S)
    assert count(client, user_id) == 700
    assert former.stats().spooled == 0


def test_a_wrong_key_loses_nothing(
    server: Server, client: Client, user_id: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be a key that is not there yet, or that was ended too early."""
    sender = Sender(server.address, "aiusage_wrong", Settings(spool_dir=tmp_path))
    record(sender, user_id)
    wait_until(lambda: sender.stats().spooled == 1)
    sender.close()
    assert sender.stats().dropped == 0
    assert "API_KEY_INVALID" in caplog.text


def test_threads_record_while_the_service_comes_and_goes(
    make: Make, server: Server, client: Client, port: int, user_id: str
) -> None:
    sender = make(linger=0.01, queue_records=500)
    threads = [threading.Thread(target=record, args=(sender, user_id, 1000)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        with proxy_to(server.address, port) as proxy:
            wait_until(lambda: sender.stats().failures == 0)
            proxy.cut()
        wait_until(lambda: sender.stats().failures > 0 or sender.stats().queued == 0)
    for thread in threads:
        thread.join()
    with proxy_to(server.address, port):
        assert sender.flush(TIMEOUT_S)
    assert count(client, user_id) == 4000
    assert sender.stats().dropped == 0


def test_nobody_configured_where_the_service_is(tmp_path: Path) -> None:
    """The application goes on; what was recorded is told when it ends."""
    program = """
import sys, aiusage
aiusage.configure(exit_timeout=600)
with aiusage.track("openai", "gpt-4o", user_id="user-1"):
    print("the application goes on")
"""
    env = environment("", "", tmp_path) | {"AIUSAGE_CREDENTIALS_FILE": str(tmp_path / "none")}
    said = run(program, env=env)
    assert said.stdout == "the application goes on\n"
    assert "AIUSAGE_ADDRESS" in said.stderr
    assert "is lost: the program ended, and nobody said where to send it" in said.stderr
    assert "kept: " not in said.stderr


def test_records_wait_for_somebody_to_say_where_the_service_is(
    server: Server, client: Client, tmp_path: Path, user_id: str
) -> None:
    program = """
import sys, aiusage
aiusage.record(user_id=sys.argv[1], model="gpt-4o")
aiusage.configure(sys.argv[2], sys.argv[3])
aiusage.record(user_id=sys.argv[1], model="gpt-4o")
"""
    env = environment("", "", tmp_path) | {"AIUSAGE_CREDENTIALS_FILE": str(tmp_path / "none")}
    run(program, user_id, server.address, server.api_key, env=env)
    assert count(client, user_id) == 2


def test_programs_are_ended_in_time(tmp_path: Path, user_id: str) -> None:
    """A service that never answers holds the end of a program up no longer than is allowed."""
    with fake_batches() as fake:
        fake.behaviours = [fake.silent] * 10
        env = environment(fake.address, "aiusage_any", tmp_path)
        run(RECORDING, user_id, "10", "when_away", env=env)
        assert len(fake.batches) > 0
    sender = Sender(fake.address, "aiusage_any", Settings(spool_dir=tmp_path))
    assert sender.stats().spooled == 10
