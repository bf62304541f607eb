"""Other people's GraphQL suites and clients against a server of our own; no part of the platform imports this."""
