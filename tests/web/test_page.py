"""The page of GraphiQL as it is sent: what it names, what it may load, and what stands in when nothing is built."""

import json
import re
from pathlib import Path

from bilten.web import Page, graphiql_page
from bilten.web.graphiql import SOURCE
from bilten.web.page import script_hash
from tests.api import Api


def header(page: Page, name: str) -> str:
    [value] = [value.decode() for key, value in page.headers if key == name.encode()]
    return value


def policy(page: Page) -> dict[str, list[str]]:
    directives = [directive.split() for directive in header(page, "content-security-policy").split(";")]
    return {name: sources for name, *sources in directives}


def built(folder: Path) -> Path:
    manifest = {
        SOURCE: {"file": "graphiql-1.js", "imports": ["_editor"], "css": ["graphiql-1.css"]},
        "_editor": {"file": "editor-1.js"},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_built_page_loads_its_own_files_only(tmp_path: Path) -> None:
    page = graphiql_page(built(tmp_path))

    text = page.body.decode()
    assert "<title>Bilten GraphiQL</title>" in text
    assert '<script type="module" src="assets/graphiql-1.js"></script>' in text
    assert '<link rel="modulepreload" href="assets/editor-1.js">' in text
    assert '<link rel="stylesheet" href="assets/graphiql-1.css">' in text
    assert re.findall(r'(?:src|href)="(https?:[^"]*)', text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []


def test_built_page_is_strict(tmp_path: Path) -> None:
    page = graphiql_page(built(tmp_path))

    sources = policy(page)
    assert sources["default-src"] == sources["base-uri"] == sources["form-action"] == ["'none'"]
    assert sources["script-src"] == sources["connect-src"] == ["'self'"]
    assert sources["frame-ancestors"] == ["'none'"]
    assert not [
        source for listed in sources.values() for source in listed if "://" in source or "unsafe-eval" in source
    ]
    assert header(page, "content-type") == "text/html; charset=utf-8"
    assert header(page, "content-length") == str(len(page.body))
    assert header(page, "cache-control") == "no-cache"
    assert header(page, "vary") == "accept"
    assert header(page, "referrer-policy") == "no-referrer"
    assert header(page, "x-content-type-options") == "nosniff"


def test_page_follows_a_new_build(tmp_path: Path) -> None:
    before = graphiql_page(tmp_path)

    after = graphiql_page(built(tmp_path))

    assert b"CDN" in before.body
    assert b"CDN" not in after.body


def test_page_that_is_not_built_says_where_its_scripts_come_from(tmp_path: Path) -> None:
    page = graphiql_page(tmp_path)

    text = page.body.decode()
    assert "This page loads its scripts from a CDN: run <code>make web</code>" in text
    loaded = re.findall(r'(?:src|href)="(https:[^"]*)" integrity="(sha384-[^"]*)" crossorigin', text)
    assert len(loaded) == 4
    assert all(re.search(r"@\d+\.\d+\.\d+/", address) for address, _ in loaded)
    assert text.count("https:") == len(loaded)


def test_page_that_is_not_built_may_load_nothing_but_what_it_names(tmp_path: Path) -> None:
    page = graphiql_page(tmp_path)

    text, sources = page.body.decode(), policy(page)
    [inline] = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert sources["script-src"] == [*re.findall(r'<script src="([^"]*)"', text), script_hash(inline)]
    assert sources["default-src"] == ["'none'"]
    assert sources["connect-src"] == ["'self'"]


async def test_browser_gets_the_page_at_the_endpoint(api: Api) -> None:
    response = await api.http.get("/graphql", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    page = graphiql_page()
    assert response.status_code == 200
    assert response.content == page.body
    assert response.headers["content-security-policy"] == header(page, "content-security-policy")
    assert response.headers["cache-control"] == "no-cache"


async def test_application_serves_the_route_of_the_files(api: Api) -> None:
    response = await api.http.get("/assets/other-AbCd_-12.js")

    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-store"
