"""The head of a request: what is known before its body is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Head:
    """Method, path and headers. Of a header that is sent twice, the last counts."""

    method: str
    scheme: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    client: str
    """The address of the peer, or nothing where there is none, as on a unix socket."""
    state: Mapping[str, Any]
    """What middleware has found out about the request."""

    @property
    def gone(self) -> Callable[[], bool] | None:
        """Tells whether the client has left meanwhile; nothing where the server cannot know."""
        return self.state.get("gone")

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> "Head":
        """The head of an ASGI scope."""
        client = scope.get("client")
        return cls(
            method=scope.get("method", "GET"),
            scheme=scope.get("scheme", "http"),
            path=scope["path"],
            query=scope.get("query_string", b""),
            headers=dict(scope["headers"]),
            client=client[0] if client else "",
            state=scope.get("state") or {},
        )

    def header(self, name: bytes) -> str | None:
        """A header's value; its name is in lower case."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def base_url(self) -> str:
        """Where the client reached us, as it says itself: scheme and host, without a slash at the end."""
        return f"{self.scheme}://{self.header(b'host') or 'localhost'}"
