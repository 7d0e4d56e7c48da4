"""Permissions and content types; no tables."""
