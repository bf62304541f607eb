"""Serving what was built: hashed files for ever, packed as the client reads them, and nothing else of the disk."""

import gzip
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from bilten.web.built import asset_routes, find_entry

SCRIPT = b"console.log('a page');" * 20
BROTLI = b"what brotli made of it"
NAME = "page-AbCd_-12.js"


@dataclass(frozen=True, slots=True)
class Served:
    """One answer with its body as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """A client that neither unpacks nor normalises anything."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def get(self, path: str, *, accept: str = "", method: str = "GET") -> Served:
        async with self._http.stream(method, path, headers={"accept-encoding": accept}) as response:
            body = b"".join([part async for part in response.aiter_raw()])
            return Served(response.status_code, response.headers, body)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "assets"
    folder.mkdir()
    (tmp_path / "secret-AbCd_-12.js").write_bytes(b"not for anybody")
    (folder / NAME).write_bytes(SCRIPT)
    (folder / f"{NAME}.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / f"{NAME}.br").write_bytes(BROTLI)
    (folder / "tiny-AbCd_-12.css").write_bytes(b"a{}")
    (folder / "font-AbCd_-12.ttf").write_bytes(b"letters")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture
async def client(folder: Path) -> AsyncGenerator[Client]:
    transport = httpx2.ASGITransport(app=Starlette(routes=[*asset_routes(folder)]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://bilten.test") as http:
        yield Client(http)


async def test_file_may_be_kept_for_ever(client: Client) -> None:
    served = await client.get(f"/assets/{NAME}")

    assert served.status == 200
    assert served.body == SCRIPT
    assert served.headers["content-type"] == "text/javascript; charset=utf-8"
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["vary"] == "accept-encoding"
    assert "content-encoding" not in served.headers


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.0, gzip;q=0.000", None),
        ("identity", None),
        ("", None),
        (",;,q=,;q", None),
    ],
)
async def test_file_comes_packed_as_the_client_reads_it(client: Client, accept: str, encoding: str | None) -> None:
    served = await client.get(f"/assets/{NAME}", accept=accept)

    assert served.status == 200
    assert served.headers.get("content-encoding") == encoding
    assert served.headers["content-type"] == "text/javascript; charset=utf-8"
    assert int(served.headers["content-length"]) == len(served.body)
    unpacked = gzip.decompress(served.body) if encoding == "gzip" else served.body
    assert unpacked == (BROTLI if encoding == "br" else SCRIPT)


async def test_file_without_a_packed_form_comes_as_it_is(client: Client) -> None:
    style = await client.get("/assets/tiny-AbCd_-12.css", accept="br, gzip")
    font = await client.get("/assets/font-AbCd_-12.ttf", accept="br, gzip")

    assert (style.body, style.headers["content-type"]) == (b"a{}", "text/css; charset=utf-8")
    assert (font.body, font.headers["content-type"]) == (b"letters", "font/ttf")


async def test_head_tells_the_same_without_the_file(client: Client) -> None:
    served = await client.get(f"/assets/{NAME}", accept="br", method="HEAD")

    assert served.status == 200
    assert served.body == b""
    assert served.headers["content-length"] == str(len(BROTLI))
    assert served.headers["content-encoding"] == "br"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/other-AbCd_-12.js",
        "/assets/manifest.json",
        f"/assets/{NAME}.gz",
        "/assets/",
        "/assets/..",
        "/assets/%2e%2e%2fsecret-AbCd_-12.js",
        "/assets/..%2fsecret-AbCd_-12.js",
        "/assets/..%5csecret-AbCd_-12.js",
        "/assets/%00-AbCd_-12.js",
        "/assets/.page-AbCd_-12.js",
        f"/assets/{NAME}%0a",
    ],
)
async def test_what_was_not_built_is_not_found(client: Client, path: str) -> None:
    served = await client.get(path)

    assert served.status == 404
    assert b"not for anybody" not in served.body


async def test_missing_file_is_not_remembered(client: Client) -> None:
    served = await client.get("/assets/other-AbCd_-12.js")

    assert served.headers["cache-control"] == "no-store"
    assert served.headers["content-type"] == "text/plain; charset=utf-8"


async def test_only_reading_is_possible(client: Client) -> None:
    assert (await client.get(f"/assets/{NAME}", method="POST")).status == 405


def test_entry_names_what_a_page_loads_each_once(folder: Path) -> None:
    manifest = {
        "src/a/main.tsx": {"file": "a-1.js", "imports": ["_b", "_c"], "css": ["a-1.css"], "dynamicImports": ["_d"]},
        "_b": {"file": "b-1.js", "imports": ["_c"], "css": ["b-1.css"]},
        "_c": {"file": "c-1.js", "imports": ["src/a/main.tsx"], "css": ["b-1.css"]},
        "_d": {"file": "d-1.js", "css": ["d-1.css"]},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    entry = find_entry("src/a/main.tsx", folder)

    assert entry is not None
    assert entry.script == "a-1.js"
    assert entry.modules == ("b-1.js", "c-1.js")
    assert entry.styles == ("a-1.css", "b-1.css")


def test_nothing_built_has_no_entry(tmp_path: Path) -> None:
    assert find_entry("src/a/main.tsx", tmp_path) is None


def test_half_written_manifest_has_no_entry(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"src/a', encoding="utf-8")

    assert find_entry("src/a/main.tsx", folder) is None
