"""Proof: a Django project under load loses nothing while the service is stopped and killed.

    AIUSAGE_BINARY=target/release/aiusage python bench/gunicorn.py [REQUESTS] [GUNICORN OPTION...]

10,000 requests to four forked workers of gunicorn, each of which records an AI call,
while the service is stopped, started, killed by SIGKILL and started again. Every request
must be answered, and every record be in the log exactly once after the spool is empty.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import gunicorn_outage
from gunicorn_outage import percentile_ms

REQUESTS = 10_000
WORKERS = 4


def main() -> int:
    """Prints what was seen; 1 when anything was lost."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    with tempfile.TemporaryDirectory() as folder:
        seen = gunicorn_outage.run(requests, WORKERS, Path(folder), *sys.argv[2:])
    answered = sum(status == 200 for status in seen.statuses)
    told, logged = set(seen.record_ids), set(seen.logged_ids)
    print(f"requests                       {seen.requests:>8,}, to {seen.workers} workers")
    print(f"answered with 200              {answered:>8,}")
    print(f"  while the service was away   {seen.during_outages:>8,}")
    print(f"records that were told         {len(told):>8,}")
    print(f"records in the log             {len(seen.logged_ids):>8,}")
    print(f"  lost                         {len(told - logged):>8,}")
    print(f"  twice                        {len(seen.logged_ids) - len(logged):>8,}")
    print(f"  that nobody made             {len(logged - told):>8,}")
    print(f"requests a second              {seen.requests / seen.load_s:>8,.0f}")
    print(f"a request, p50                 {percentile_ms(seen.times_s, 50):>8.1f} ms")
    print(f"a request, p99                 {percentile_ms(seen.times_s, 99):>8.1f} ms")
    print(f"until the log was whole        {seen.drain_s:>8.1f} s after the last response")
    print(f"aiusage verify                 {seen.verified.strip().splitlines()[-1]}")
    is_whole = answered == requests and sorted(seen.logged_ids) == sorted(seen.record_ids)
    print("all is there, once" if is_whole else "SOMETHING IS LOST OR DOUBLE")
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
