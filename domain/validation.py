"""Checks of single values that collect every problem of a command, each with its path, before anything is refused."""

import html
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from domain import errors
from domain.reference import COUNTRIES, CURRENCIES

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?\Z")
_HTML = re.compile(r"<(?:/|!|\?|[a-zA-Z][a-zA-Z0-9-]*(?=[\s/>]))")
_SCRIPT_LINK = re.compile(r"(?:\]\(|\]:|<)<?(?:javascript|data|vbscript):", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_BLANK = re.compile(r"[\x00-\x20]+")
_FENCE = re.compile(r"(`{3,})[^`]*\Z")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)[^|]*?(?<!`)\1(?!`)")
_DOUBTFUL_CODE = re.compile(r"\\`|<[^\s<>]*`[^\s<>]*>")
_LINE_BREAKS = frozenset("\n\r\t")


class Validation:
    """Collects refusals; `finish` raises them all at once."""

    def __init__(self) -> None:
        self.refusals: list[errors.Refusal] = []

    def refuse(self, refusal: errors.Refusal) -> None:
        """Note one refusal and go on."""
        self.refusals.append(refusal)

    def finish(self) -> None:
        """Raise `Refused` with everything noted so far, if anything was."""
        if self.refusals:
            raise errors.Refused(self.refusals)

    def text(self, value: str, *path: str, limit: int, required: bool = True, multiline: bool = False) -> str:
        """Normalised text: NFC, trimmed; one line unless `multiline`."""
        text = unicodedata.normalize("NFC", value).strip() if _is_showable(value, multiline=multiline) else None
        if text is None:
            self.refuse(errors.TextIsNotAllowed(*path))
            return value
        if required and not text:
            self.refuse(errors.ValueIsRequired(*path))
        if len(text) > limit:
            self.refuse(errors.TextIsTooLong(*path, limit=limit, length=len(text)))
        return text

    def optional_text(self, value: str | None, *path: str, limit: int, multiline: bool = False) -> str | None:
        """Like `text`; nothing and blank mean the same."""
        if value is None:
            return None
        return self.text(value, *path, limit=limit, required=False, multiline=multiline) or None

    def markdown(self, value: str | None, *path: str, limit: int) -> str | None:
        """Markdown without raw HTML and script links; code spans and blocks may show HTML."""
        text = self.optional_text(value, *path, limit=limit, multiline=True)
        if text and _has_html(text):
            self.refuse(errors.HtmlIsNotAllowed(*path))
        return text

    def slug(self, value: str, *path: str) -> str:
        """Lower-case words joined by hyphens, 1 to 80 characters."""
        if not SLUG.match(value) or len(value) > 80:
            self.refuse(errors.ValueIsMalformed(*path, what="slug: lower-case letters, digits and single hyphens"))
        return value

    def number(self, value: int, *path: str, minimum: int, maximum: int) -> int:
        """A whole number within bounds, both included."""
        if not minimum <= value <= maximum:
            self.refuse(errors.ValueIsOutOfRange(*path, minimum=minimum, maximum=maximum))
        return value

    def url(self, value: str | None, *path: str) -> str | None:
        """An absolute http or https address without credentials, at most 2,000 characters."""
        text = self.optional_text(value, *path, limit=2_000)
        if text and not _is_web_address(text):
            self.refuse(errors.ValueIsMalformed(*path, what="web address: it has to start with https:// or http://"))
        return text

    def currency(self, value: str, *path: str) -> str:
        """An ISO 4217 code."""
        if value not in CURRENCIES:
            self.refuse(errors.ValueIsMalformed(*path, what="currency code (ISO 4217)"))
        return value

    def country(self, value: str, *path: str) -> str:
        """An ISO 3166-1 alpha-2 code."""
        if value not in COUNTRIES:
            self.refuse(errors.ValueIsMalformed(*path, what="country code (ISO 3166-1 alpha-2)"))
        return value

    def locale(self, value: str, *path: str) -> str:
        """A BCP 47 tag of language, optional script and optional region."""
        if not LOCALE.match(value):
            self.refuse(errors.ValueIsMalformed(*path, what="locale such as en or sr-Latn-RS"))
        return value

    def tags(self, values: Iterable[str], *path: str, limit: int = 20) -> tuple[str, ...]:
        """Distinct short labels in the order given, lower case."""
        return tuple(dict.fromkeys(label.lower() for label in self.labels(values, *path, limit=limit, length=40)))

    def labels(self, values: Iterable[str], *path: str, limit: int, length: int) -> tuple[str, ...]:
        """Distinct short texts in the order given, at most `limit` of at most `length` characters."""
        cleaned = [self.text(value, *path, str(index), limit=length) for index, value in enumerate(values)]
        if len(cleaned) > limit:
            self.refuse(errors.ListIsTooLong(*path, limit=limit, length=len(cleaned)))
        return tuple(dict.fromkeys(cleaned))


def _is_showable(value: str, *, multiline: bool) -> bool:
    allowed = _LINE_BREAKS if multiline else frozenset[str]()
    return all(char in allowed or unicodedata.category(char) not in {"Cc", "Cs"} for char in value)


def _has_html(markdown: str) -> bool:
    text = _without_code(markdown)
    # Renderers decode entities and escapes in addresses, and browsers drop blanks from schemes.
    addresses = _BLANK.sub("", html.unescape(_ESCAPE.sub("", text)))
    return bool(_HTML.search(text) or _SCRIPT_LINK.search(addresses))


def _without_code(markdown: str) -> str:
    """The text without its code, or all of it when renderers might disagree about what is code.

    Code is a fence of backticks that starts its line, or a span that opens and closes in one line.
    """
    if "~~~" in markdown:
        return markdown
    kept: list[str] = []
    fence = ""
    for line in re.split(r"\r\n|\n|\r", markdown):
        if fence:
            if re.match(rf" {{0,3}}{fence}`*[ \t]*\Z", line):
                fence = ""
        elif opening := _FENCE.match(line):
            fence = opening[1]
        else:
            rest = _CODE_SPAN.sub(".", line)
            # A backtick without its partner pairs with one in another line or in none.
            if "`" in rest or _DOUBTFUL_CODE.search(line):
                return markdown
            kept.append(rest)
    return "\n".join(kept)


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        # Reading the port is what makes urlsplit check it.
        _ = parts.port
    except ValueError:
        return False
    has_space = any(char.isspace() for char in value)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None and not has_space


def slug_from(text: str) -> str:
    """A slug made from free text: ASCII letters and digits of its decomposed form, at most 60 characters."""
    decomposed = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", decomposed)
    return "-".join(words)[:60].strip("-") or "event"
