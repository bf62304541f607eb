"""Addresses as people may see them: of what is secret in them nothing is left."""

from urllib.parse import parse_qsl, unquote, urlsplit


def shown_address(url: str) -> str:
    """Scheme, host, port and path, for people: no password, and of the query only where a socket lies."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    socket = "".join(value for name, value in parse_qsl(parts.query) if name == "host")
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{port}{unquote(parts.path)}" + (f" in {socket}" if socket else "")
