"""`aiusage export`: files that other programs read, with the very sums that questions answer."""

import csv
import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from openpyxl import load_workbook

PERIOD = ("--days", "60")


@pytest.fixture(scope="module")
def filled(server):
    server.aiusage("demo", "--records", "3000", "--days", "30", "--users", "100")
    return server


def export(server, path, *arguments):
    told = json.loads(server.aiusage("export", str(path), *PERIOD, *arguments, "--json"))
    assert told["file"] == str(path)
    return told["record_count"]


def cost(server):
    (window,) = json.loads(server.aiusage("cau", "--days", "60", "--json"))["windows"]
    return Decimal(window["total_cost"])


def test_csv_has_every_record_and_every_digit(filled, tmp_path):
    path = tmp_path / "usage.csv"
    assert export(filled, path) == 3000
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["record_id"] for row in rows}) == 3000
    assert sum(Decimal(row["cost"] or 0) for row in rows) == cost(filled)
    assert [row["event_time"] for row in rows] == sorted((row["event_time"] for row in rows), reverse=True)
    assert not path.with_name("usage.csv.part").exists()


def test_lines_of_json_keep_decimals_as_text(filled, tmp_path):
    path = tmp_path / "usage.jsonl"
    assert export(filled, path) == 3000
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert sum(Decimal(row["cost"] or 0) for row in rows) == cost(filled)
    assert {row["tags"]["plan"] for row in rows} == {"free", "pro", "enterprise"}


def test_a_workbook_is_read_by_other_programs(filled, tmp_path):
    path = tmp_path / "usage.xlsx"
    assert export(filled, path) == 3000
    sheet = load_workbook(path, read_only=True).active
    header, *rows = sheet.iter_rows(values_only=True)
    assert len(rows) == 3000
    exact = header.index("cost (exact)")
    assert sum(Decimal(row[exact] or 0) for row in rows) == cost(filled)
    # Excel's own number is the nearest one that it has.
    number = header.index("cost")
    assert all(row[exact] is None or float(row[exact]) == row[number] for row in rows)
    assert [name for name in header if name.endswith(" (exact)")] == ["cost (exact)"]


def test_every_format_has_the_same_times_and_durations(filled, tmp_path):
    paths = [tmp_path / f"usage.{name}" for name in ("xlsx", "jsonl", "csv")]
    assert [export(filled, path) for path in paths] == [3000] * 3
    sheet = load_workbook(paths[0], read_only=True).active
    header, *cells = sheet.iter_rows(values_only=True)
    lines = [json.loads(line, parse_float=Decimal) for line in paths[1].read_text().splitlines()]
    with paths[2].open(newline="") as file:
        values = list(csv.DictReader(file))
    for row, line, value in zip(cells, lines, values, strict=True):
        cell = dict(zip(header, row, strict=True))
        assert line["event_time"] == value["event_time"]
        # A time that a sheet sorts, filters and reckons with, to its millisecond.
        exact = datetime.fromisoformat(value["event_time"].removesuffix("Z"))
        assert abs(cell["event_time"] - exact) <= timedelta(milliseconds=1)
        # Numbers everywhere, with every digit.
        if value["latency_ms"] == "":
            assert (cell["latency_ms"], line["latency_ms"]) == (None, None)
            continue
        assert str(line["latency_ms"]) == value["latency_ms"]
        assert cell["latency_ms"] == float(value["latency_ms"])


def test_only_what_was_asked_for(filled, tmp_path):
    path = tmp_path / "failed.csv"
    few = export(filled, path, "--status", "error", "--status", "timeout")
    assert 0 < few < 300
    with path.open(newline="") as file:
        assert {row["status"] for row in csv.DictReader(file)} == {"error", "timeout"}


def test_only_what_is_searched_for(filled, tmp_path):
    path = tmp_path / "searched.csv"
    few = export(filled, path, "--search", "No Response")
    assert 0 < few < 3000
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    places = ("user_id", "feature", "session_id", "job_id", "error_message")
    assert all(any("no response" in row[place].lower() for place in places) for row in rows)


def test_a_name_that_says_nothing_is_refused(filled, tmp_path):
    told = filled.aiusage("export", str(tmp_path / "usage"), code=2)
    assert not (tmp_path / "usage").exists()
    assert told == ""
