"""How names of fields look to clients."""


def camel(name: str) -> str:
    """The client's name of a field: `starts_at` is `startsAt` to them."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
