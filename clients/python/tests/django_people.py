"""Users of the tests' Django project."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import User


def new_user(**fields: str) -> User:
    """Somebody whom no other test knows. Their key is of this run's database alone."""
    name = f"user-{uuid.uuid4()}"
    key = uuid.uuid4().int >> 80
    user: User = User.objects.create_user(name, f"{name}@example.com", "secret", id=key, **fields)
    return user
