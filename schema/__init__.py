"""GraphQL only: types, inputs, payloads, problems, pagination and scalars."""
