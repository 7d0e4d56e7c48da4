"""`manage.py sync_ai_pricing`: the prices by which usage is costed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from aiusage import AiusageError, ConfigurationError
from aiusage.django.service import client

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from aiusage.prices import PriceDifference, PriceSync

_MOST_SHOWN = 50


class Command(BaseCommand):
    """The service keeps the prices, with their history: nothing is stored in this application."""

    help = (
        "Without a file: lists the prices that the service has. It comes with those of all "
        "known providers. With a file (genai-prices, litellm, TOML, CSV or JSON): brings its "
        "prices in, for which the key must be the operator's."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to bring in, and how."""
        parser.add_argument("file", nargs="?", type=Path, help="a price list to bring in")
        parser.add_argument("--dry-run", action="store_true", help="compares and changes nothing")
        parser.add_argument("--list-version", default="", help="the list's version, for the record")
        parser.add_argument(
            "--accept",
            action="append",
            default=[],
            metavar="PROVIDER/MODEL",
            help="takes a price that looks like a mistake; may be given several times",
        )

    def handle(self, *args: Any, file: Path | None = None, **options: Any) -> None:
        """Lists or brings in."""
        try:
            if file is None:
                self._list()
            else:
                self._sync(file, **options)
        except (AiusageError, ConfigurationError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"cannot read {file}: {error.strerror}") from error

    def _list(self) -> None:
        models = Counter(price.provider for price in client().list_prices(page_size=1_000))
        for provider, count in models.most_common():
            self.stdout.write(f"{provider:<28}{count:>5} models")
        self.stdout.write(
            f"The service has prices of {models.total()} models of {len(models)} providers. "
            "Give a file to bring other prices in."
        )

    def _sync(
        self,
        file: Path,
        *,
        dry_run: bool = False,
        list_version: str = "",
        accept: list[str],
        **options: Any,
    ) -> None:
        sync = client().sync_prices(
            file.read_bytes(),
            name=file.name,
            version=list_version,
            accept=accept,
            validate_only=dry_run,
        )
        for difference in sync.differences[:_MOST_SHOWN]:
            self.stdout.write(_line(difference))
        if (left := len(sync.differences) - _MOST_SHOWN) > 0:
            self.stdout.write(f"... and {left} more")
        self.stdout.write(_summary(sync, dry_run))


def _line(difference: PriceDifference) -> str:
    reason = f": {difference.reason}" if difference.reason else ""
    kind = difference.kind.name.lower()
    return f"{kind:<10}{difference.provider}/{difference.model}{reason}"


def _summary(sync: PriceSync, dry_run: bool) -> str:
    done = "Nothing was changed, as asked" if dry_run else "Done"
    return (
        f"{done}: {sync.model_count} models in the list, {sync.new_count} new, "
        f"{sync.changed_count} changed, {sync.ended_count} ended, {sync.refused_count} refused, "
        f"{sync.unchanged_count} unchanged."
    )
