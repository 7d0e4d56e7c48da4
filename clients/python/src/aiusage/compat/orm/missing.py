"""What `get` raises: Django's own errors where Django is there."""

from __future__ import annotations

try:
    from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
except ImportError:

    class ObjectDoesNotExist(Exception):  # type: ignore[no-redef]  # noqa: N818
        """There is no such row."""

    class MultipleObjectsReturned(Exception):  # type: ignore[no-redef]  # noqa: N818
        """There are several such rows."""


__all__ = ["MultipleObjectsReturned", "ObjectDoesNotExist"]
