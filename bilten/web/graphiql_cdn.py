"""The page of GraphiQL that stands in while `make web` has built none: it loads pinned files from a CDN and says so."""

from functools import cache

from bilten.web.page import Page, html_page, script_hash

_CDN = "https://unpkg.com"
# The last GraphiQL that is a plain script, so that every file has a hash and the browser runs nothing else.
_SCRIPTS = {
    f"{_CDN}/react@18.2.0/umd/react.production.min.js": (
        "sha384-tMH8h3BGESGckSAVGZ82T9n90ztNXxvdwvdM6UoR56cYcf+0iGXBliJ29D+wZ/x8"
    ),
    f"{_CDN}/react-dom@18.2.0/umd/react-dom.production.min.js": (
        "sha384-bm7MnzvK++ykSwVJ2tynSE5TRdN+xL418osEVF2DE/L/gfWHj91J2Sphe582B1Bh"
    ),
    f"{_CDN}/graphiql@3.8.3/graphiql.min.js": (
        "sha384-HbRVEFG0JGJZeAHCJ9Xm2+tpknBQ7QZmNlO/DgZtkZ0aJSypT96YYGRNod99l9Ie"
    ),
}
_STYLE = f"{_CDN}/graphiql@3.8.3/graphiql.min.css"
_STYLE_HASH = "sha384-Mq3vbRBY71jfjQAt/DcjxUIYY33ksal4cgdRt9U/hNPvHBCaT2JfJ/PTRiPKf0aM"

_START = """
  const root = document.getElementById("root");
  if (window.GraphiQL) {
    const fetcher = GraphiQL.createFetcher({ url: location.pathname });
    const props = { fetcher, defaultEditorToolsVisibility: "headers", shouldPersistHeaders: true };
    ReactDOM.createRoot(root).render(React.createElement(GraphiQL, props));
  } else {
    root.textContent = "The CDN does not answer.";
  }
"""
_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Bilten GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}" integrity="{style_hash}" crossorigin>
<style>
  body {{ display: flex; flex-direction: column; height: 100dvh; margin: 0; font: 1rem/1.5 system-ui, sans-serif; }}
  p {{ margin: 0; padding: .5rem 1rem; background: #fbe7b2; color: #3d2c00; }}
  #root {{ flex: 1; min-height: 0; }}
</style>
</head>
<body>
<p role="note">This page loads its scripts from a CDN: run <code>make web</code>, once, to serve them from here.</p>
<div id="root"></div>
{scripts}
<script>{start}</script>
</body>
</html>
"""
_POLICY = {
    "default-src": ["'none'"],
    "script-src": [*_SCRIPTS, script_hash(_START)],
    "style-src": [_STYLE, "'unsafe-inline'"],
    "font-src": ["data:"],
    "img-src": ["data:"],
    "connect-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
}


@cache
def cdn_page() -> Page:
    """The page, under a policy that allows its four files by name and its one inline script by hash."""
    scripts = "\n".join(
        f'<script src="{address}" integrity="{digest}" crossorigin></script>' for address, digest in _SCRIPTS.items()
    )
    return html_page(_HTML.format(style=_STYLE, style_hash=_STYLE_HASH, scripts=scripts, start=_START), _POLICY)
