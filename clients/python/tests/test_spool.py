"""The file that keeps records, by itself."""

from __future__ import annotations

import random
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from aiusage import new_record_id
from aiusage.sending.packing import Packed
from aiusage.sending.spool import LEASE_S, Spool, SpoolError, default_folder, spool_path


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


def packed(size: int = 10) -> Packed:
    return Packed(new_record_id(), b"x" * size)


def spool_at(
    folder: Path, clock: Clock | None = None, records_max: int = 1000, bytes_max: int = 1_000_000
) -> Spool:
    return Spool(
        folder / "spool.sqlite3",
        records_max=records_max,
        bytes_max=bytes_max,
        now=clock or Clock(),
    )


def claim_all(spool: Spool) -> list[Packed]:
    return spool.claim(1000, 1_000_000)


def test_records_come_back_as_they_were_and_in_order(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    records = [packed() for _ in range(5)]
    assert spool.put(records) == []
    assert spool.put(records) == []
    assert spool.count() == 5
    assert claim_all(spool) == records
    spool.delete(records[:2])
    assert spool.count() == 3


def test_a_claim_is_as_large_as_a_request(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    spool.put([packed(100) for _ in range(10)])
    assert len(spool.claim(3, 1000)) == 3
    assert len(spool.claim(10, 250)) == 2
    assert len(spool.claim(10, 1)) == 1


def test_what_one_process_leased_no_other_takes(tmp_path: Path) -> None:
    clock = Clock()
    first, second = spool_at(tmp_path, clock), spool_at(tmp_path, clock)
    records = [packed(), packed()]
    first.put(records)
    assert claim_all(first) == records
    assert claim_all(second) == []
    first.release(records[:1])
    assert claim_all(second) == records[:1]
    # A lease can be ended by its owner alone.
    first.release(records[:1])
    assert claim_all(first) == []


def test_a_lease_ends(tmp_path: Path) -> None:
    clock = Clock()
    dead, alive = spool_at(tmp_path, clock), spool_at(tmp_path, clock)
    records = [packed()]
    dead.put(records, is_leased=True)
    assert claim_all(alive) == []
    clock.now_s += LEASE_S
    assert claim_all(alive) == records


def test_a_lease_of_another_clock_ends(tmp_path: Path) -> None:
    clock = Clock()
    spool_at(tmp_path, clock).put([packed()], is_leased=True)
    clock.now_s -= 86_400
    assert len(claim_all(spool_at(tmp_path, clock))) == 1


def test_putting_a_record_again_changes_its_lease_alone(tmp_path: Path) -> None:
    clock = Clock()
    first, second = spool_at(tmp_path, clock), spool_at(tmp_path, clock, records_max=1)
    record = packed()
    first.put([record], is_leased=True)
    first.put([record])
    assert claim_all(second) == [record]
    # Also where there is no room for another.
    assert second.put([record]) == []
    assert claim_all(first) == [record]
    assert first.count() == 1


def test_it_is_bounded_by_records_and_by_bytes(tmp_path: Path) -> None:
    records = [packed(100) for _ in range(5)]
    by_records = spool_at(tmp_path / "a", records_max=3)
    assert by_records.put(records) == records[3:]
    by_bytes = spool_at(tmp_path / "b", bytes_max=250)
    assert by_bytes.put(records) == records[2:]
    by_bytes.delete(records[:1])
    assert by_bytes.put(records[2:3]) == []


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    spool = spool_at(tmp_path / "made" / "here")
    spool.put([packed()])
    assert stat.S_IMODE(spool.path.parent.stat().st_mode) == 0o700
    files = list(spool.path.parent.iterdir())
    assert len(files) > 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_its_name_and_content_do_not_tell_the_key(tmp_path: Path) -> None:
    address, api_key = "http://127.0.0.1:50051", "aiusage_abc_secret_1"
    path = spool_path(tmp_path, address, api_key)
    spool = Spool(path, records_max=10, bytes_max=1000)
    spool.put([packed()])
    spool.close()
    assert "secret" not in path.name
    assert all(b"secret" not in file.read_bytes() for file in tmp_path.iterdir())
    assert spool_path(tmp_path, address, "aiusage_other_secret_2") != path
    assert spool_path(tmp_path, "http://127.0.0.1:50052", api_key) != path


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIUSAGE_SPOOL_DIR", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("AIUSAGE_SPOOL_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert default_folder() == Path("/state/aiusage/spool")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/user")
    assert default_folder() == Path("/home/user/.local/state/aiusage/spool")


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    spool.path.write_bytes(b"this is no database, and quite long enough to be read as one" * 20)
    spool.put([packed()])
    assert spool.count() == 1
    assert spool.path.with_suffix(".broken").exists()


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    spool = spool_at(tmp_path / "file")
    with pytest.raises(SpoolError, match=str(spool.path)):
        spool.put([packed()])
    assert spool.is_paused


def test_the_disk_gets_back_what_an_outage_took(tmp_path: Path) -> None:
    spool = spool_at(tmp_path, bytes_max=10_000_000)
    records = [packed(5000) for _ in range(1000)]
    spool.put(records)
    spool.delete(records)
    spool.close()
    assert spool.path.stat().st_size < 200_000


def test_many_threads_and_handles_lose_and_double_nothing(tmp_path: Path) -> None:
    """Workers that put, claim, die and delete at random: every record is deleted once."""
    clock = Clock()
    all_records = [packed(random.Random(n).randint(1, 300)) for n in range(400)]
    deleted: list[str] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        spool = spool_at(tmp_path, clock)
        spool.put(all_records[seed * 100 : (seed + 1) * 100], is_leased=chance.random() < 0.5)
        for _ in range(10):
            claimed = spool.claim(chance.randint(1, 40), 5000)
            if chance.random() < 0.3:
                spool.close()
                continue  # Died: the lease must bring them back.
            if chance.random() < 0.3:
                spool.release(claimed)
                continue
            spool.delete(claimed)
            deleted.extend(record.record_id for record in claimed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock.now_s += LEASE_S
    last = spool_at(tmp_path, clock)
    while claimed := last.claim(50, 5000):
        last.delete(claimed)
        deleted.extend(record.record_id for record in claimed)
    assert sorted(deleted) == sorted(record.record_id for record in all_records)
    assert last.count() == 0
    with sqlite3.connect(last.path) as database:
        assert database.execute("SELECT records, bytes FROM held").fetchone() == (0, 0)
    database.close()
