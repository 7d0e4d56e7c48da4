"""The provider's SDK, as every application has it. Nothing here is about usage."""

from functools import cache

from openai import AsyncOpenAI, OpenAI

MODEL = "gpt-4o"


@cache
def openai():
    """The blocking client. Made at the first call, so after a server has forked."""
    return OpenAI()


@cache
def async_openai():
    """The client for async views."""
    return AsyncOpenAI()


def messages(text):
    """What is asked."""
    return [{"role": "user", "content": text}]
