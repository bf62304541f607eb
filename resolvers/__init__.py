"""Use cases: one function per root field, over ports; no GraphQL, SQL or Redis."""
