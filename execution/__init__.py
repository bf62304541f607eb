"""GraphQL execution for its own sake: documents, limits, cost. It knows graphql-core and nothing of Bilten."""
