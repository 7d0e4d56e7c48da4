"""Files of the log and of reports, with a real server."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from aiusage import (
    AsyncClient,
    Client,
    Coverage,
    Dimension,
    ExportFormat,
    InvalidArgumentError,
    UnavailableError,
    Usage,
    UsageFilter,
    UsageRecord,
)
from aiusage.exports import Export
from aiusage.v1 import analytics_pb2 as analytics_pb
from aiusage.v1 import export_service_pb2 as export_pb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from server import Server


@pytest.fixture
def mine(client: Client, user_id: str) -> UsageFilter:
    """The records of a user who made five calls, each of 0.0025."""
    usage = Usage(input_tokens=1000)
    client.record_usage_batch(
        UsageRecord(user_id=user_id, feature="chat", model="gpt-4o", usage=usage) for _ in range(5)
    )
    return UsageFilter(user_ids=[user_id])


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_log_as_csv(client: Client, mine: UsageFilter, tmp_path: Path) -> None:
    export = client.export_usage(filter=mine, days=2)
    assert export.file_name.endswith(".csv")
    assert export.coverage is not None
    assert export.coverage.complete
    path = export.save(tmp_path / "usage.csv")
    written = rows(path.read_bytes())
    assert sum(Decimal(row["cost"]) for row in written) == Decimal("0.0125")
    assert (export.done, export.row_count, len(written)) == (True, 5, 5)
    assert [each.name for each in tmp_path.iterdir()] == ["usage.csv"]


def test_other_formats(client: Client, mine: UsageFilter) -> None:
    lines = b"".join(client.export_usage(ExportFormat.JSON_LINES, filter=mine)).splitlines()
    assert {json.loads(line)["feature"] for line in lines} == {"chat"}
    workbook = b"".join(client.export_usage(ExportFormat.EXCEL, filter=mine))
    assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(workbook)).namelist()


def test_reports(client: Client, mine: UsageFilter, user_id: str) -> None:
    with client.export_top_users(filter=mine, days=2) as export:
        assert [row["user_id"] for row in rows(b"".join(export))] == [user_id]
    breakdown = client.export_breakdown(Dimension.FEATURE, filter=mine, days=2)
    assert "chat" in b"".join(breakdown).decode()


def test_margins_by_user_and_by_plan(client: Client, mine: UsageFilter, user_id: str) -> None:
    client.upsert_user(user_id, display_name="Ada", plan="pro", monthly_revenue=Decimal(30))
    users = rows(b"".join(client.export_unit_economics(days=2)))
    (own,) = (row for row in users if row["user_id"] == user_id)
    assert (own["name"], own["plan"], Decimal(own["cost"])) == ("Ada", "pro", Decimal("0.0125"))
    few = rows(b"".join(client.export_unit_economics(days=2, top=1)))
    plans = rows(b"".join(client.export_unit_economics(days=2, by_plan=True)))
    assert "pro" in {row["plan"] for row in plans}
    # What came in grows from call to call; what was spent does not.
    costs = {sum(Decimal(row["cost"]) for row in file) for file in (users, few, plans)}
    assert len(costs) == 1


def test_what_is_searched_for(client: Client, mine: UsageFilter) -> None:
    usage = Usage(input_tokens=1000)
    error = f"rate limit of {mine.user_ids[0]}"
    client.record_usage(
        model="gpt-4o",
        usage=usage,
        user_id=mine.user_ids[0],
        status="error",
        error_message=error,
    )
    export = client.export_usage(filter=mine, search="RATE limit", days=2)
    assert [row["error_message"] for row in rows(b"".join(export))] == [error]


def test_a_file_says_what_it_lacks() -> None:
    missing = analytics_pb.Coverage(explanation="The log is kept from yesterday on.")
    first = export_pb.ExportResponse(data=b"a,b\n", file_name="usage.csv", coverage=missing)
    export = Export(BrokenOff([first, export_pb.ExportResponse(done=True)]))
    assert export.coverage == Coverage(False, None, "The log is kept from yesterday on.")
    assert b"".join(export) == b"a,b\n"


def test_a_wrong_question_is_an_error(client: Client) -> None:
    with pytest.raises(InvalidArgumentError):
        client.export_usage(month="2026-13").save("never.csv")


class BrokenOff:
    """A call that ends without having said that the file is whole."""

    def __init__(self, responses: Iterable[export_pb.ExportResponse]) -> None:
        self._responses: Iterator[export_pb.ExportResponse] = iter(responses)

    def __next__(self) -> export_pb.ExportResponse:
        return next(self._responses)

    def cancel(self) -> None:
        """Nothing to end."""


def test_a_part_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    old = tmp_path / "usage.csv"
    old.write_text("of yesterday")
    export = Export(BrokenOff([export_pb.ExportResponse(data=b"a,b\n", file_name="usage.csv")]))
    assert export.coverage is None
    with pytest.raises(UnavailableError, match="ended the file early"):
        export.save(old)
    assert [each.read_text() for each in tmp_path.iterdir()] == ["of yesterday"]


def test_asyncio_writes_the_same(server: Server, client: Client, mine: UsageFilter) -> None:
    async def read() -> bytes:
        async with AsyncClient(server.address, server.api_key) as asking:
            export = asking.export_usage(filter=mine, days=2)
            data = b"".join([piece async for piece in export])
            assert (export.done, export.row_count) == (True, 5)
            assert export.file_name.endswith(".csv")
            assert export.coverage is not None
            assert export.coverage.complete
            top = asking.export_top_users(filter=mine, days=2)
            assert b"".join([piece async for piece in top])
            margins = asking.export_unit_economics(days=2)
            assert b"".join([piece async for piece in margins])
            features = asking.export_breakdown(Dimension.FEATURE, filter=mine, days=2)
            assert b"".join([piece async for piece in features])
            return data

    assert asyncio.run(read()) == b"".join(client.export_usage(filter=mine, days=2))
