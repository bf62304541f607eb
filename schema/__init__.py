"""GraphQL only: types, inputs, payloads, problems, pagination and scalars."""

from schema.build import schema, sdl

__all__ = ["schema", "sdl"]
