"""Forward-only Alembic migrations; a test compares what they make with `db/tables/`."""
