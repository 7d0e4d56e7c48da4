"""`manage.py aiusage_flush`: sends what is left over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

import aiusage

if TYPE_CHECKING:
    from argparse import ArgumentParser

_TIMEOUT_S = 30.0


class Command(BaseCommand):
    """For machines on which no process records any more. Running ones do it by themselves."""

    help = "Sends the records in the spool of this machine. Exits with 1 when some are left."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How long to try."""
        parser.add_argument(
            "--timeout", type=float, default=_TIMEOUT_S, help="seconds; by default 30"
        )

    def handle(self, *args: Any, timeout: float = _TIMEOUT_S, **options: Any) -> None:
        """Sends and counts."""
        done = aiusage.flush(timeout)
        stats = aiusage.sender_stats()
        left = stats.queued + stats.spooled
        counted = stats.sent + stats.duplicates
        lost = stats.refused + stats.dropped
        self.stdout.write(f"{counted} records sent, {left} left, {lost} lost")
        if not done or left or lost:
            raise CommandError(stats.last_error or "some records are left: try again")
