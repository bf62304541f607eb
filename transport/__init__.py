"""GraphQL over HTTP as plain ASGI: bytes in, bytes out. It knows protocols and execution, and nothing of Bilten."""
