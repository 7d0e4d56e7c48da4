"""`manage.py aiusage_status`: does recording work from here?"""

from __future__ import annotations

from importlib import metadata
from typing import Any

from django.core.management.base import BaseCommand, CommandError

import aiusage
from aiusage import AiusageError, ConfigurationError, _config
from aiusage.django import conf
from aiusage.django.service import client


class Command(BaseCommand):
    """Asks the service who we are, and the sender what it has left. Exits with 1 on trouble."""

    help = (
        "Shows where AI usage is recorded, whose key this is, and what waits to be sent. "
        "Exits with 1 when the service does not answer or records were dropped."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints a line for each fact."""
        found = conf.app_settings()
        try:
            address = _config.find_credentials(found.address, found.api_key).address
            self._show("address", address)
            who = client().get_caller()
        except (ConfigurationError, AiusageError) as error:
            self._show_sender()
            raise CommandError(f"cannot reach the service: {error}") from error
        self._show("service", f"aiusage {who.version}")
        self._show("tenant", f"{who.tenant} ({who.time_zone})")
        self._show("key", who.key_id + (f", sees user {who.user_id} alone" if who.user_id else ""))
        self._show_sender()
        stats = aiusage.sender_stats()
        if lost := stats.refused + stats.dropped:
            raise CommandError(f"{lost} records were lost: see the log of logger 'aiusage'")

    def _show_sender(self) -> None:
        stats = aiusage.sender_stats()
        self._show("client", metadata.version("aiusage"))
        self._show("waiting", f"{stats.queued} in memory, {stats.spooled} in the spool")
        if stats.last_error:
            self._show("last error", stats.last_error)

    def _show(self, name: str, value: str) -> None:
        self.stdout.write(f"{name + ':':<12}{value}")
