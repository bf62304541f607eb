"""Files as they come: found once each, read piece by piece, and refused as a whole where they break."""

import json
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bilten.imports.files import CHUNK, NothingToImport, PathIsMissing, find_files, opened
from bilten.imports.json_rows import read_json, read_jsonl
from bilten.imports.reader import ROW_LIMIT
from bilten.imports.spool import spool
from domain.imports.rows import ReaderFailed, RowResult, SourceRow


def values(items: Iterator[SourceRow | RowResult]) -> list[Any]:
    return [item.values if isinstance(item, SourceRow) else item.reasons[0].code for item in items]


def failure(content: bytes) -> tuple[str, str]:
    with pytest.raises(ReaderFailed) as failed:
        values(read_json("a.json", BytesIO(content)))
    return failed.value.reason.code, failed.value.reason.message


class Dripping(BytesIO):
    """A file that gives few bytes at a time, whatever is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(7, size) if size and size > 0 else 7)


def as_row(value: Any) -> Any:
    """What a reader makes of a value: itself when it is an object."""
    return cast("Any", value) if isinstance(value, dict) else "WRONG_TYPE"


OBJECTS = st.lists(
    st.dictionaries(
        st.text(max_size=4), st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.lists(st.integers())
    )
    | st.integers()
    | st.none(),
    max_size=8,
)


@given(OBJECTS, st.sampled_from([None, 1, "\t"]), st.booleans(), st.sampled_from([BytesIO, Dripping]))
def test_an_array_is_read_as_json_would_read_it_at_once(
    rows: list[Any], indent: Any, ascii_only: Any, kind: type[BytesIO]
) -> None:
    text = json.dumps(rows, indent=indent, ensure_ascii=ascii_only)
    content = text.encode("utf-8", "surrogatepass") if ascii_only else text.encode("utf-8", "replace")
    expected = [as_row(row) for row in json.loads(content)]

    assert values(read_json("a.json", kind(content))) == expected


@given(OBJECTS)
def test_lines_are_read_one_by_one(rows: list[Any]) -> None:
    content = "".join(f"{json.dumps(row)}\r\n\n" for row in rows).encode()
    expected = [as_row(row) for row in rows]

    assert values(read_jsonl("a.jsonl", Dripping(content))) == expected


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_fail_with_a_code(content: bytes) -> None:
    for reader in (read_json, read_jsonl):
        try:
            values(reader("a", BytesIO(content)))
        except ReaderFailed as failed:
            code = failed.reason.code
        else:
            code = "FILE_BROKEN"
        assert code in {"FILE_BROKEN", "ENCODING_NOT_UTF8"}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'[\n{"a": 1},\n{"b": 2\n{"c": 3}]', "Line 4, column 1"),
        (b"[{}, {]", "Line 1, column 7"),
        (b'[{"a": 1}', "Line 1, column 10"),
        (b"[{}] []", "Line 1, column 6"),
        (b"[{},]", "Line 1, column 5"),
        (b'{"a": 1}', "Line 1, column 1"),
        (b"", "Line 1, column 1"),
        (b"[NaN]", "Line 1, column 2"),
        (b"[" + b'{"a":' * 50_000, "Line 1, column 2"),
        (b'[{"a": ' + b"9" * 5_000 + b"}]", "Line 1, column 2"),
    ],
)
def test_a_broken_array_says_where(content: bytes, place: str) -> None:
    code, message = failure(content)

    assert code == "FILE_BROKEN"
    assert message.startswith(f"{place}:"), message


def test_the_place_is_right_far_behind_the_beginning() -> None:
    rows = b",\n".join(b'{"a": %d}' % number for number in range(CHUNK))

    code, message = failure(b"[\n" + rows + b',\n  {"a" 1}]')

    assert (code, message.partition(":")[0]) == ("FILE_BROKEN", f"Line {CHUNK + 2}, column 8")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"a": "é"}]'.encode("latin-1"), "Byte 8 is not UTF-8"),
        ('[{"a": "é"}]'.encode("utf-16"), "UTF-16"),
        ('[{"a": "e"}]'.encode("utf-16-be"), "expected"),
        ('[{"a": "é"}]'.encode("utf-32"), "UTF"),
        (b"[" + b" " * CHUNK + b'{"a": "\xff"}]', f"Byte {CHUNK + 8} is not UTF-8"),
        (b'[{"a": "\xc3', "is not UTF-8"),
    ],
)
def test_other_encodings_are_refused_with_their_place(content: bytes, words: str) -> None:
    code, message = failure(content)

    assert words in message
    assert code in {"ENCODING_NOT_UTF8", "FILE_BROKEN"}


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert values(read_json("a.json", BytesIO(b'\xef\xbb\xbf[{"a": 1}]'))) == [{"a": 1}]


def test_a_row_of_a_megabyte_is_read_and_one_without_an_end_is_not() -> None:
    assert values(read_json("a", BytesIO(b'[{"a": "' + b"x" * 1_000_000 + b'"}]')))

    code, _ = failure(b'[{"a": "' + b"x" * (4 * ROW_LIMIT))

    assert code == "ROW_TOO_LARGE"


def write(path: Path, text: str = "[]") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def names(*paths: Path) -> list[str]:
    return [file.name for file in find_files(paths, ".json")]


def test_a_folder_of_years_a_year_and_a_file_name_the_same_files_alike(tmp_path: Path) -> None:
    write(tmp_path / "2026" / "b.json")
    first = write(tmp_path / "2026" / "a.json")
    write(tmp_path / "2025" / "c.json")
    write(tmp_path / "2025" / "LICENSE.md")
    write(tmp_path / "2025" / ".hidden.json")

    assert names(tmp_path) == ["2025/c.json", "2026/a.json", "2026/b.json"]
    assert names(tmp_path / "2026") == ["2026/a.json", "2026/b.json"]
    assert names(first, tmp_path / "2025") == ["2025/c.json", "2026/a.json"]
    assert names(tmp_path, tmp_path / "2026", first) == ["2025/c.json", "2026/a.json", "2026/b.json"]


def test_links_lead_to_a_file_once_and_never_in_a_circle(tmp_path: Path) -> None:
    real = write(tmp_path / "2026" / "a.json")
    (tmp_path / "2026" / "again.json").symlink_to(real)
    (tmp_path / "2026" / "up").symlink_to(tmp_path)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "2026")

    assert names(tmp_path) == ["2026/a.json"]
    assert len(names(tmp_path / "elsewhere")) == 1


def test_a_folder_without_files_and_a_path_to_nothing_have_codes(tmp_path: Path) -> None:
    with pytest.raises(NothingToImport, match=r"\.json"):
        names(tmp_path)
    with pytest.raises(PathIsMissing):
        names(tmp_path / "nowhere")


def code_of(path: Path) -> str:
    with pytest.raises(ReaderFailed) as failed, opened(path) as file:
        file.read()
    return failed.value.reason.code


def test_what_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere")

    assert code_of(tmp_path / "pipe.json") == "FILE_UNREADABLE"
    assert code_of(tmp_path / "dangling.json") == "FILE_UNREADABLE"
    assert code_of(tmp_path) == "FILE_UNREADABLE"


def grow(path: Path) -> None:
    with path.open("a") as file:
        file.write(" ")


def replace_it(path: Path) -> None:
    write(path.with_suffix(".new"), "[ ]").rename(path)


@pytest.mark.parametrize(
    ("change", "code"), [(grow, "FILE_CHANGED"), (replace_it, "FILE_CHANGED"), (Path.unlink, "FILE_UNREADABLE")]
)
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, change: Any, code: str) -> None:
    path = write(tmp_path / "a.json")

    def read(file: BinaryIO) -> None:
        file.read()
        change(path)

    with pytest.raises(ReaderFailed) as failed, opened(path) as file:
        read(file)
    assert failed.value.reason.code == code


def test_a_spool_brings_rows_of_a_key_together_in_the_order_of_their_first() -> None:
    with spool() as rows:
        for number, key in enumerate("bacab"):
            rows.add(key, SourceRow("f", number, {"half": "\ud83d", "key": key}))
        mark = rows.mark()
        rows.add("z", SourceRow("g", 1, {}))
        rows.rewind(mark)

        assert rows.count() == (5, 3)
        assert [[row.number for row in group] for group in rows.groups()] == [[0, 4], [1, 3], [2]]
        assert next(rows.groups())[0].values == {"half": "\ud83d", "key": "b"}
