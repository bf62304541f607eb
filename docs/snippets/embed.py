"""Writes the snippets into docs/clients.md, each between its two marker comments; run it after changing one."""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER.parent / "clients.md"
_LANGUAGES = {".sh": "sh", ".mjs": "js", ".py": "python"}
_PLACE = re.compile(r"(?<=<!-- snippet )(?P<name>[\w.]+) -->\n.*?(?=<!-- end -->)", re.DOTALL)


def embedded(page: str) -> str:
    """The page with the text of each snippet as its file has it."""
    return _PLACE.sub(_block, page)


def _block(place: re.Match[str]) -> str:
    snippet = FOLDER / place["name"]
    text = snippet.read_text(encoding="utf-8").rstrip("\n")
    return f"{snippet.name} -->\n```{_LANGUAGES[snippet.suffix]}\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(embedded(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
