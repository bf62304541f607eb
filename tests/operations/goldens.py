"""Golden files: how a result is written down so that only what a client would notice makes a difference."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

FOLDER = Path(__file__).parent
REWRITE = "BILTEN_REWRITE_GOLDENS"
"""Set to anything, the files are written instead of compared."""

_NAMED_VALUE = re.compile(r'"(cursor|startCursor|endCursor|code|requestId)": "([^"]+)"')
_GLOBAL_ID = re.compile(r'"((blk|evt|mbr|org|pool|reg|tkt|tier|usr|ven|wait)_[A-Za-z0-9_-]{22,43})"')
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WIDTH = 110


def written(body: object) -> str:
    """A result with random values replaced by numbered names, short objects on one line."""
    return _laid_out(json.loads(_with_names(json.dumps(body, ensure_ascii=False)))) + "\n"


def statements(sql: list[str]) -> str:
    """Each statement once, sorted: those that wait for nothing of each other run in any order.

    Two branches of a document may ask a loader in one tick or in two, as the database answers them; how many
    statements an operation takes at most is for the budgets to say.
    """
    return "\n\n".join(f"{statement.strip()};" for statement in sorted(set(sql))) + "\n"


def compare(name: str, text: str) -> None:
    """Assert that the file says the same, or write it when asked to."""
    path = FOLDER / name
    if os.environ.get(REWRITE):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{name} differs; see README.md beside it"


def _with_names(text: str) -> str:
    known: dict[str, dict[str, str]] = {}

    def name(kind: str, value: str) -> str:
        values = known.setdefault(kind, {})
        return values.setdefault(value, f"{kind} {len(values) + 1}")

    def by_key(match: re.Match[str]) -> str:
        kind = "cursor" if "ursor" in match[1] else match[1]
        return f'"{match[1]}": "{name(kind, match[2])}"'

    replacements: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
        (_NAMED_VALUE, by_key),
        (_GLOBAL_ID, lambda match: f'"{name(match[2], match[1])}"'),
        (_UUID, lambda match: name("uuid", match[0])),
    ]
    for pattern, replace in replacements:
        text = pattern.sub(replace, text)
    return text


def _laid_out(value: object, indent: str = "") -> str:
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= _WIDTH or not isinstance(value, dict | list):
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        parts = [f"{inner}{json.dumps(key)}: {_laid_out(item, inner)}" for key, item in pairs]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    parts = [f"{inner}{_laid_out(item, inner)}" for item in cast("list[Any]", value)]
    return "[\n" + ",\n".join(parts) + f"\n{indent}]"
