"""A program that ends, or forks, while a stream of its is open. Run by a test."""

from __future__ import annotations

import os
import sys
from typing import Any

import openai

import aiusage

address, how, user_id = sys.argv[1:]
aiusage.set_context(user_id=user_id)
client = aiusage.instrument(openai.OpenAI(api_key="key", base_url=address, max_retries=0))
messages: Any = [{"role": "user", "content": "Hello"}]
stream = client.chat.completions.create(model="gpt-4o", messages=messages, stream=True)
next(iter(stream))
if how == "fork":
    child = os.fork()
    if child == 0:
        # An end like any other: what runs at the exit runs.
        sys.exit(0)
    os.waitpid(child, 0)
    list(stream)
