"""Text from people made fit for headers and files of lines: whatever could end a line or hide is taken out."""

import unicodedata

_LONGEST = 200


def one_line(text: str, longest: int = _LONGEST) -> str:
    """The text on one line, without control and format characters, at most `longest` characters."""
    # Line and paragraph separators count as spaces here; format characters turn text around or are not seen at all.
    visible = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    kept = "".join(char for char in visible if unicodedata.category(char) not in {"Cf", "Cs", "Co", "Cn"})
    line = " ".join(kept.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
