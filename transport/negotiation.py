"""Media types: what the client accepts, in its own order, and what it sends."""

from enum import Enum
from functools import lru_cache


class Form(Enum):
    """The forms in which an operation is answered."""

    RESPONSE = "application/graphql-response+json"
    """Errors of the request have a status of their own."""
    JSON = "application/json"
    """Whatever is well-formed is answered with 200, as clients expect that know no better."""
    EVENTS = "text/event-stream"
    PAGE = "text/html"
    """Not an operation at all: a browser wants to see GraphiQL."""


_FORMS = {form.value: form for form in Form}
_ANY = frozenset({"*/*", "application/*"})


@lru_cache(maxsize=512)
def form_for(accept: str | None, *, page: bool) -> Form | None:
    """The form that the client likes best, or nothing if it likes none of ours.

    Of forms that it likes equally the first counts. `page` tells whether a page is to be had at all; it is never
    what `*/*` means.
    """
    if accept is None or not accept.strip():
        return Form.JSON
    named = [wish.partition(";") for wish in accept.split(",")]
    wishes = [(media_type.strip().lower(), _quality(parameters)) for media_type, _, parameters in named]
    # What the client excludes by name, it does not mean by a wildcard either.
    excluded = {name for name, quality in wishes if quality == 0}
    anything = next((form for form in (Form.JSON, Form.RESPONSE) if form.value not in excluded), None)
    likes: list[tuple[float, Form]] = []
    for name, quality in wishes:
        form = anything if name in _ANY else _FORMS.get(name)
        if form is not None and quality > 0 and (page or form is not Form.PAGE):
            likes.append((quality, form))
    # max() keeps the first of equals.
    return max(likes, key=lambda like: like[0])[1] if likes else None


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value.strip()), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(maxsize=512)
def is_json(content_type: str | None) -> bool:
    """Whether a body of this type is JSON in UTF-8, the only kind that is read.

    A browser sends no such body to another origin without asking first, so a foreign page cannot make anybody
    change anything.
    """
    if content_type is None:
        return False
    media_type, *parameters = content_type.split(";")
    if media_type.strip().lower() != "application/json":
        return False
    given = [tuple(part.strip().strip('"').lower() for part in parameter.split("=", 1)) for parameter in parameters]
    return all(parameter[1:] in {("utf-8",), ("utf8",)} for parameter in given if parameter[0] == "charset")


@lru_cache(maxsize=512)
def takes_gzip(accept_encoding: str | None) -> bool:
    """Whether the client can read a compressed answer."""
    if not accept_encoding:
        return False
    wishes: dict[str, float] = {}
    for wish in accept_encoding.split(","):
        name, _, parameters = wish.partition(";")
        wishes[name.strip().lower()] = _quality(parameters)
    return wishes.get("gzip", wishes.get("*", 0.0)) > 0
