"""Every table of Bilten, once: the source of the DDL and the yardstick of the migrations.

Constraint names are part of the design: `db/failures.py` maps them to domain errors.
"""

from db.tables import events, imports, journal, organizations, registrations, search, users
from db.tables.columns import metadata

__all__ = ["events", "imports", "journal", "metadata", "organizations", "registrations", "search", "users"]
