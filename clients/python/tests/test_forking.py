"""Processes that fork, as servers and task queues do: each sends its own records."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aiusage import Client
from programs import TIMEOUT_S, environment, run
from proxy import proxy_to
from waiting import free_port

if TYPE_CHECKING:
    from server import Server

RECORD = """
import os, sys, aiusage
# On a busy machine, too, everything arrives before a process ends.
aiusage.configure(exit_timeout=60)
def record(times):
    for _ in range(times):
        with aiusage.track("openai", "gpt-4o", user_id=sys.argv[1]) as call:
            call.set_tokens(input_tokens=1000)
"""
# The parent's thread sends, and its queue is full, at the moment of every fork.
FORKING = (
    RECORD
    + """
record(100)
assert aiusage.flush(30)
children = []
for _ in range(8):
    record(50)
    child = os.fork()
    if child == 0:
        assert aiusage.sender_stats().queued == 0
        record(30)
        os._exit(0 if aiusage.flush(30) else 1)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
assert codes == [0] * 8, codes
assert aiusage.flush(30)
"""
)
POOL = (
    RECORD
    + """
import multiprocessing
def work(_):
    record(10)
if __name__ == "__main__":
    record(5)
    context = multiprocessing.get_context(sys.argv[2])
    with context.Pool(3) as pool:
        pool.map(work, range(12))
        pool.close()
        pool.join()
    process = context.Process(target=work, args=(0,))
    process.start()
    process.join()
"""
)
# Threads of the parent write to the spool at the moment of every fork. Each process ends
# when its records are there and free for others; on a busy machine that takes seconds.
SPOOLING = (
    RECORD
    + """
import threading
aiusage.configure(spool="always", exit_timeout=30)
threads = [threading.Thread(target=record, args=(60,)) for _ in range(2)]
for thread in threads:
    thread.start()
children = []
for _ in range(5):
    child = os.fork()
    if child == 0:
        record(20)
        aiusage.close()
        os._exit(0)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
assert codes == [0] * 5, codes
for thread in threads:
    thread.join()
"""
)


def count(client: Client, user_id: str) -> int:
    return client.get_user_cost(user_id).totals.request_count


def test_every_process_sends_its_own(
    server: Server, client: Client, user_id: str, tmp_path: Path
) -> None:
    run(FORKING, user_id, env=environment(server.address, server.api_key, tmp_path))
    assert count(client, user_id) == 100 + 8 * 50 + 8 * 30


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pools_of_processes_lose_nothing(
    server: Server, client: Client, user_id: str, tmp_path: Path, method: str
) -> None:
    """Their processes end without atexit; what they hold is sent all the same."""
    program = tmp_path / "pool.py"
    program.write_text(POOL)
    starter = f"import runpy, sys; sys.argv[0] = {str(program)!r}\n"
    starter += f"runpy.run_path({str(program)!r}, run_name='__main__')"
    env = environment(server.address, server.api_key, tmp_path)
    run(starter, user_id, method, env=env)
    # On a busy machine one of them may have left its records to whoever comes next.
    run("import aiusage; aiusage.configure(); assert aiusage.flush(50)", env=env)
    assert count(client, user_id) == 5 + 120 + 10


def test_forks_amid_writing_to_the_spool(
    server: Server, client: Client, user_id: str, tmp_path: Path
) -> None:
    port = free_port()
    env = environment(f"http://127.0.0.1:{port}", server.api_key, tmp_path)
    run(SPOOLING, user_id, env=env)
    with proxy_to(server.address, port):
        run("import aiusage; aiusage.configure(); assert aiusage.flush(50)", env=env)
    assert count(client, user_id) == 2 * 60 + 5 * 20


CELERY = """
import os, sys
from celery import Celery
import aiusage
aiusage.configure(linger=600)
app = Celery("tasks", broker="filesystem://")
queue = {"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"}
app.conf.update(broker_transport_options=queue, worker_max_tasks_per_child=1)
@app.task
def work(user_id):
    with aiusage.track("openai", "gpt-4o", user_id=user_id):
        pass
"""
ASKING_FOR_WORK = """
import sys, tasks
for _ in range(4):
    tasks.work.delay(sys.argv[1])
"""


def test_worker_processes_of_celery_send_before_they_end(
    server: Server, client: Client, user_id: str, tmp_path: Path
) -> None:
    """Each ends after one task, without atexit, and long before a record waited enough."""
    for folder in ("queue", "control"):
        (tmp_path / folder).mkdir()
    (tmp_path / "tasks.py").write_text(CELERY)
    env = environment(server.address, server.api_key, tmp_path / "spool")
    env["PYTHONPATH"] = str(tmp_path)
    # Of the tests of Django, which this is none of.
    env.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run(
        [sys.executable, "-c", ASKING_FOR_WORK, user_id], cwd=tmp_path, env=env, check=True
    )
    command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-c", "2", "-P", "prefork"]
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            command, cwd=tmp_path, env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        give_up_s = time.monotonic() + TIMEOUT_S
        while count(client, user_id) < 4:
            assert time.monotonic() < give_up_s, (tmp_path / "log").read_text()
            time.sleep(0.05)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert count(client, user_id) == 4


LEFT_OPEN = """
import os, sys, aiusage
call = aiusage.track("openai", "gpt-4o", user_id=sys.argv[1]).start()
@aiusage.track("openai", "gpt-4o", user_id=sys.argv[1])
def words():
    yield "a"
generator = words()
next(generator)
child = os.fork()
if child == 0:
    del call
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
del call
generator.close()
"""


def test_calls_that_are_open_while_forking_end_once_and_hold_up_no_end(
    server: Server, client: Client, user_id: str, tmp_path: Path
) -> None:
    run(LEFT_OPEN, user_id, env=environment(server.address, server.api_key, tmp_path))
    assert count(client, user_id) == 2
