"""Programs that tests start, kill, and look at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 60


def environment(address: str, api_key: str, spool_dir: Path) -> dict[str, str]:
    return {
        **os.environ,
        "AIUSAGE_ADDRESS": address,
        "AIUSAGE_API_KEY": api_key,
        "AIUSAGE_SPOOL_DIR": str(spool_dir),
    }


def start(program: str, *arguments: str, env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(program: str, *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, which must be a good one; returns what it said."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=env,
        timeout=TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done
