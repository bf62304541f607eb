"""Every table of Bilten, once: the source of the DDL and the yardstick of the migrations.

Constraint names are part of the design: `db/failures.py` maps them to domain errors.
"""

from db.tables import events, imports, journal, notifications, organizations, registrations, search, users, waitlist
from db.tables.columns import metadata

__all__ = [
    "events",
    "imports",
    "journal",
    "metadata",
    "notifications",
    "organizations",
    "registrations",
    "search",
    "users",
    "waitlist",
]
