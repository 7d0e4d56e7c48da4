"""A program that ends while a stream of its is open. Run by a test."""

from __future__ import annotations

import sys
from typing import Any

import openai

import aiusage

address, user_id = sys.argv[1:]
# A busy machine may need longer than a program usually waits at its end.
aiusage.configure(exit_timeout=60)
aiusage.set_context(user_id=user_id)
client = aiusage.instrument(openai.OpenAI(api_key="key", base_url=address, max_retries=0))
messages: Any = [{"role": "user", "content": "Hello"}]
stream = client.chat.completions.create(model="gpt-4o", messages=messages, stream=True)
next(iter(stream))
