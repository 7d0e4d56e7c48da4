"""What the admin shows. There are no tables: the service keeps the data.

Django hangs permissions, addresses and the history of changes on models, hence these.
"""

from __future__ import annotations

from django.db import models


class _NoTable(models.Manager[models.Model]):
    """Finds nothing, and asks no database: `dumpdata` looks at every model."""

    def get_queryset(self) -> models.QuerySet[models.Model]:
        """No rows."""
        nothing: models.QuerySet[models.Model] = super().get_queryset().none()
        return nothing


class UsageLog(models.Model):
    """A record of the log."""

    record_id: models.CharField[str, str] = models.CharField(primary_key=True, max_length=36)
    objects = _NoTable()

    class Meta:
        """Nothing of it is changed by hand."""

        managed = False
        base_manager_name = "objects"
        default_permissions = ("view",)
        verbose_name = "usage log"

    def __str__(self) -> str:
        """The record's id."""
        return self.record_id


class Price(models.Model):
    """What one model costs."""

    name: models.CharField[str, str] = models.CharField(primary_key=True, max_length=512)
    """The keys of the provider and the model, with a slash between them."""
    objects = _NoTable()

    class Meta:
        """To add a version is `add`; to end a price is `change`."""

        managed = False
        base_manager_name = "objects"
        default_permissions = ("view", "add", "change")
        verbose_name = "price"

    def __str__(self) -> str:
        """Such as "openai/gpt-4o"."""
        return self.name


class UserSummary(models.Model):
    """What one user's AI calls cost."""

    user_id: models.CharField[str, str] = models.CharField(primary_key=True, max_length=256)
    objects = _NoTable()

    class Meta:
        """Summaries follow from the log."""

        managed = False
        base_manager_name = "objects"
        default_permissions = ("view",)
        verbose_name = "user summary"
        verbose_name_plural = "user summaries"

    def __str__(self) -> str:
        """The user's id, as in records."""
        return self.user_id
