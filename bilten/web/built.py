"""What `make web` built: which files make up a page, and the route that serves them as they are."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypedDict, cast

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

FOLDER = Path(__file__).parent / "assets"

# One flat folder of hashed names: whatever else an address says, it says no file.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*-[A-Za-z0-9_-]{8}\.(?P<suffix>[a-z0-9]+)")
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "wasm": "application/wasm",
    "woff2": "font/woff2",
}
# The best first; each is the suffix of the file that holds it.
_ENCODINGS = {"br": "br", "gzip": "gz"}


@dataclass(frozen=True, slots=True)
class Entry:
    """The files of one page, as names in `/assets/`; `modules` are what the script loads first."""

    script: str
    modules: tuple[str, ...]
    styles: tuple[str, ...]


class _Chunk(TypedDict, total=False):
    """The part of a manifest's entry that a page needs."""

    file: str
    imports: list[str]
    css: list[str]


def find_entry(source: str, folder: Path = FOLDER) -> Entry | None:
    """The files of the page that `web/<source>` starts; None when the pages are not built."""
    manifest = folder / "manifest.json"
    try:
        changed_at = manifest.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    # Read again when it was built again, so that a running server follows.
    return _read_entry(manifest, source, changed_at)


@lru_cache(maxsize=16)
def _read_entry(manifest: Path, source: str, _changed_at: int) -> Entry | None:
    try:
        chunks = cast("dict[str, _Chunk]", orjson.loads(manifest.read_bytes()))
    except (FileNotFoundError, orjson.JSONDecodeError):
        # A build that is at work has removed the file or is just writing it.
        return None
    if source not in chunks:
        return None
    names = _with_imports(chunks, source)
    styles = dict.fromkeys(style for name in names for style in chunks[name].get("css", []))
    script, *modules = (chunks[name].get("file", "") for name in names)
    return Entry(script, tuple(modules), tuple(styles))


def _with_imports(chunks: dict[str, _Chunk], source: str) -> list[str]:
    """The chunk and all that it imports before it runs, itself first, each once."""
    found = [source]
    for name in found:
        found += [needed for needed in chunks[name].get("imports", []) if needed not in found]
    return found


def asset_routes(folder: Path = FOLDER) -> list[Route]:
    """`/assets/…`: hashed files that never change, in the smallest form that the client reads."""

    async def asset(request: Request) -> Response:
        name: str = request.path_params["name"]
        found = _NAME.fullmatch(name)
        kind = _TYPES.get(found["suffix"]) if found else None
        if kind is None or not (folder / name).is_file():
            return PlainTextResponse(
                "There is no such file.\n",
                status_code=404,
                headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
            )
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "vary": "accept-encoding",
            "x-content-type-options": "nosniff",
        }
        accepted = _accepted(request.headers.get("accept-encoding", ""))
        for encoding, suffix in _ENCODINGS.items():
            packed = folder / f"{name}.{suffix}"
            if encoding in accepted and packed.is_file():
                return FileResponse(packed, headers={**headers, "content-encoding": encoding, "content-type": kind})
        return FileResponse(folder / name, headers={**headers, "content-type": kind})

    # Starlette adds HEAD to every route that answers GET.
    return [Route("/assets/{name}", asset, methods=["GET"])]


def _accepted(header: str) -> set[str]:
    """The encodings that an `Accept-Encoding` header names and does not refuse."""
    accepted: set[str] = set()
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if not re.fullmatch(r"q=0(\.0*)?", weight.replace(" ", "")):
            accepted.add(name.strip())
    return accepted
