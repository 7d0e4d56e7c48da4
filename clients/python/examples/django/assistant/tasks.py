"""Celery tasks. User, feature and tags came along; the task is the job of its calls."""

from celery import shared_task

import aiusage

from .provider import MODEL, messages, openai


@shared_task
def write_report(text):
    """Two calls of one job."""
    for part in ("outline", "text"):
        with aiusage.track("openai", MODEL, function_name=part) as call:
            call.set_response(
                openai().chat.completions.create(model=MODEL, messages=messages(f"{part}: {text}"))
            )
