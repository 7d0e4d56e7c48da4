"""Every request is answered and every call counted once, whatever becomes of the service."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import gunicorn_outage


@pytest.mark.skipif(
    not os.environ.get("AIUSAGE_BINARY"), reason="needs a service of its own to kill"
)
def test_a_service_that_is_stopped_and_killed(tmp_path: Path) -> None:
    """The full one is bench/gunicorn.py. Preloaded, the workers fork from a project that runs."""
    figures = gunicorn_outage.run(600, 4, tmp_path, "--preload")
    assert figures.statuses == [200] * 600
    assert figures.during_outages > 100
    assert len(set(figures.record_ids)) == 600
    assert sorted(figures.logged_ids) == sorted(figures.record_ids)
    assert "0 in the spool" in figures.spooled_at_end
    assert figures.verified
