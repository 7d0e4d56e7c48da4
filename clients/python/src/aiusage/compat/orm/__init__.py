"""The queries that applications made of their own tables, answered by the service.

There is no table. The shapes that are documented are understood; any other says what
to ask instead, and never answers something else than what was asked.
"""
