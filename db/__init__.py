"""PostgreSQL: tables, units of work, repositories, batch reads and migrations; it knows no GraphQL and no HTTP."""
