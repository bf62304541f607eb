"""The page that an invitation's link opens: it says how to accept, for whoever has no frontend yet."""

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Invitation · Bilten</title>
<style>
  :root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
  body {{ max-width: 40rem; margin: 10vh auto; padding: 0 1rem; }}
  pre {{ overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: .5rem; }}
</style>
<h1>You are invited to a team</h1>
<p>Sign in with the address that this invitation was sent to, and run:</p>
<pre>mutation {{
  acceptInvitation(input: {{ token: "{token}" }}) {{
    membership {{ role organization {{ name }} }}
    problems {{ code message }}
  }}
}}</pre>
<p>The link works once, until it expires or a newer one replaces it.</p>
</html>
"""
_HEADERS = {
    # The token in the address is a secret: no cache keeps it and no other site is told.
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
}


async def invitation_page(request: Request) -> HTMLResponse:
    """Show the mutation with the token filled in; the token itself is checked when it is used."""
    token = "".join(char for char in request.query_params.get("token", "") if char.isalnum() or char in "-_.")
    return HTMLResponse(_PAGE.format(token=html.escape(token[:2_000])), headers=_HEADERS)
