"""Imports: rows of other people's data, what they mean here, and what to do about each; no formats and no storage."""
