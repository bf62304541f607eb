"""The page of GraphiQL at `/graphql`: from this server's own files, or from a CDN where those are not built."""

from pathlib import Path

from bilten.web.built import FOLDER, Entry, find_entry
from bilten.web.graphiql_cdn import cdn_page
from bilten.web.page import Page, html_page

SOURCE = "src/graphiql/main.tsx"
"""Where the page starts, below `web/`."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%23d60590'/%3E"
    "%3Cpath d='M5 3v10h4a2.7 2.7 0 0 0 0-5.4H5m0 0h3.5a2.3 2.3 0 0 0 0-4.6H5' "
    "fill='none' stroke='%23fff' stroke-width='1.6'/%3E%3C/svg%3E"
)
_POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    # The editor positions its lines by styles of its own.
    "style-src": ["'self'", "'unsafe-inline'"],
    "worker-src": ["'self'", "blob:"],
    "font-src": ["'self'", "data:"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
}
# Addresses are relative, so that the page works under any prefix. The API is where the page is.
_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="bilten-endpoint" content="graphql">
<title>Bilten GraphiQL</title>
<link rel="icon" href="{icon}">
{links}
<script type="module" src="assets/{script}"></script>
</head>
<body>
<div id="root"></div>
<noscript>GraphiQL needs JavaScript; the API itself does not.</noscript>
</body>
</html>
"""


def graphiql_page(folder: Path = FOLDER) -> Page:
    """The page that a browser gets for `GET /graphql`; its files are those in `folder`."""
    entry = find_entry(SOURCE, folder)
    if entry is None:
        return cdn_page()
    return html_page(_HTML.format(icon=_ICON, links=_links(entry), script=entry.script), _POLICY)


def _links(entry: Entry) -> str:
    modules = [f'<link rel="modulepreload" href="assets/{name}">' for name in entry.modules]
    styles = [f'<link rel="stylesheet" href="assets/{name}">' for name in entry.styles]
    return "\n".join([*modules, *styles])
