"""What happens when Django starts."""

from __future__ import annotations

from django.apps import AppConfig

from . import checks


class AiusageConfig(AppConfig):
    """The app `aiusage`."""

    name = "aiusage.django"
    label = "aiusage"
    verbose_name = "AI usage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Checks are registered; nothing connects before the first record or question."""
        checks.register()
