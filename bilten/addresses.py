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


def copied_address(url: str) -> str:
    """The address as it is, good for other programs, where it holds no password; as `shown_address` otherwise."""
    user, separator, _ = url.partition("://")[2].rpartition("@")
    has_secret = (separator and ":" in user) or "password" in url.lower() or "://" not in url
    return shown_address(url) if has_secret else url


def local_address(host: str, port: int) -> str:
    """Where a server that listens on that host and port is found from this machine."""
    reached = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 (compared, not bound)
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"
