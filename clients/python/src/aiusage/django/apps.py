"""What happens when Django starts."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.signals import setting_changed

import aiusage

from . import checks, conf

# What `aiusage.configure` takes from the settings.
_RECORDING = (
    "address",
    "api_key",
    "enabled",
    "background",
    "spool",
    "spool_dir",
    "spool_records",
    "spool_bytes",
    "queue_records",
    "queue_bytes",
    "linger",
    "exit_timeout",
    "timeout",
    "default_user_id",
    "on_drop",
    "raise_errors",
)


class AiusageConfig(AppConfig):
    """The app `aiusage`."""

    name = "aiusage.django"
    label = "aiusage"
    verbose_name = "AI usage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Sets recording up; nothing connects before the first record or question."""
        checks.register()
        configure()
        setting_changed.connect(configure)
        if conf.app_settings().celery:
            from . import celery

            celery.connect()


def configure(*, setting: str = conf.SETTING, **_: Any) -> None:
    """Tells the sender of this process what the settings say."""
    if setting == conf.SETTING:
        found = conf.app_settings()
        aiusage.configure(**{name: getattr(found, name) for name in _RECORDING})
