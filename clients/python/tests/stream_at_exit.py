"""A program that ends, or forks, while a stream of its is open. Run by a test."""

from __future__ import annotations

import os
import sys
from typing import Any

import openai

import aiusage

address, user_id, how = sys.argv[1:]
# A busy machine may need longer than a program usually waits at its end.
aiusage.configure(exit_timeout=60)
aiusage.set_context(user_id=user_id)
client = aiusage.instrument(openai.OpenAI(api_key="key", base_url=address, max_retries=0))
messages: Any = [{"role": "user", "content": "Hello"}]
stream = client.chat.completions.create(model="gpt-4o", messages=messages, stream=True)
next(iter(stream))
if how == "fork":
    child = os.fork()
    if child == 0:
        # Its copy of the stream is taken apart while Python ends.
        sys.exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    list(stream)
