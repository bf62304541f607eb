"""`/dev/mail`: the messages that development keeps instead of sending, to be read in a browser; no scripts."""

import asyncio
import html
from collections.abc import Iterable, Sequence
from email.message import EmailMessage
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bilten.mail.kept import KeptMail, KeptMessage

PATH = "/dev/mail"
SHOWN = 100

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Bilten</title>
<link rel="icon" href="data:,">
<style>
  :root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; --line: #8884; }}
  body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
  h1 {{ font-size: 1.25rem; overflow-wrap: anywhere; }}
  table {{ width: 100%; border-collapse: collapse; }}
  th, td {{ padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left;
    vertical-align: top; overflow-wrap: anywhere; }}
  td.when {{ white-space: nowrap; font-variant-numeric: tabular-nums; }}
  pre {{ padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; white-space: pre-wrap;
    overflow-wrap: anywhere; }}
  iframe {{ width: 100%; height: 32rem; border: 1px solid var(--line); border-radius: .5rem; background: white; }}
  .quiet {{ opacity: .7; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
_HEADERS = {
    # Messages hold links that open things: no cache keeps them and no other site is told.
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
}
# The HTML of a message is somebody else's page: it runs nothing, loads nothing and opens links elsewhere only.
_FRAME_HEADERS = _HEADERS | {
    "content-security-policy": (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'"
    )
}


def mail_routes(kept: KeptMail) -> list[Route]:
    """The list, a message, its HTML and its attachments."""

    async def listed(_: Request) -> Response:
        messages, count = await asyncio.to_thread(lambda: (kept.newest(SHOWN), kept.count()))
        return _answer("Mail", _list(messages, count))

    async def found(request: Request) -> KeptMessage:
        message = await asyncio.to_thread(kept.get, request.path_params["key"])
        if message is None:
            raise HTTPException(404)
        return message

    async def shown(request: Request) -> Response:
        message = await found(request)
        return _answer(_header(message.message, "Subject"), _letter(message))

    async def framed(request: Request) -> Response:
        content = _content((await found(request)).message, "html")
        if content is None:
            raise HTTPException(404)
        # Links of a message lead out of its frame.
        return HTMLResponse(content.replace("<head>", '<head><base target="_blank">', 1), headers=_FRAME_HEADERS)

    async def attached(request: Request) -> Response:
        parts = list((await found(request)).message.iter_attachments())
        number: int = request.path_params["number"]
        if number >= len(parts):
            raise HTTPException(404)
        name = quote(parts[number].get_filename() or f"attachment-{number}", safe="")
        headers = _HEADERS | {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
        content = parts[number].get_payload(decode=True)
        return Response(
            content if isinstance(content, bytes) else b"",
            headers=headers,
            media_type=parts[number].get_content_type(),
        )

    return [
        Route(PATH, listed, methods=["GET"]),
        Route(f"{PATH}/{{key}}", shown, methods=["GET"]),
        Route(f"{PATH}/{{key}}/html", framed, methods=["GET"]),
        Route(f"{PATH}/{{key}}/attachments/{{number:int}}", attached, methods=["GET"]),
    ]


def _answer(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=html.escape(title), body=body), headers=_HEADERS)


def _list(messages: Sequence[KeptMessage], count: int) -> str:
    if not messages:
        return "<h1>Mail</h1>\n<p>Nobody has been written to yet. Register for an event, and look again.</p>"
    note = f"{count} kept" + (f", the newest {len(messages)} shown" if count > len(messages) else "")
    rows = "\n".join(_row(kept) for kept in messages)
    return (
        f'<h1>Mail</h1>\n<p class="quiet">Kept here instead of being sent: {note}. The newest come first.</p>\n'
        f"<table>\n<tr><th>When</th><th>To</th><th>Subject</th></tr>\n{rows}\n</table>"
    )


def _row(kept: KeptMessage) -> str:
    link = f'<a href="{_address(kept)}">{_shown(kept.message, "Subject")}</a>'
    return (
        f'<tr><td class="when">{html.escape(_when(kept.message))}</td>'
        f"<td>{_shown(kept.message, 'To')}</td><td>{link}</td></tr>"
    )


def _letter(kept: KeptMessage) -> str:
    message = kept.message
    names = ("From", "To", "Date", "Message-ID")
    rows = "\n".join(f"<tr><th>{name}</th><td>{_shown(message, name)}</td></tr>" for name in names)
    parts = [f'<p><a href="{PATH}">All mail</a></p>', f"<h1>{_shown(message, 'Subject')}</h1>"]
    parts.append(f"<table>\n{rows}\n{_attachments(kept)}</table>")
    if (text := _content(message, "plain")) is not None:
        parts.append(f"<h2>Text</h2>\n<pre>{html.escape(text)}</pre>")
    if _content(message, "html") is not None:
        frame = '<iframe title="The message as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox"'
        parts.append(f'<h2>HTML</h2>\n{frame} src="{_address(kept)}/html"></iframe>')
    return "\n".join(parts)


def _attachments(kept: KeptMessage) -> str:
    links = [
        f'<a href="{_address(kept)}/attachments/{number}">{html.escape(part.get_filename() or "attachment")}</a>'
        for number, part in enumerate(_parts(kept.message))
    ]
    return f"<tr><th>Attached</th><td>{', '.join(links)}</td></tr>\n" if links else ""


def _parts(message: EmailMessage) -> Iterable[EmailMessage]:
    return (part for part in message.iter_attachments() if isinstance(part, EmailMessage))


def _content(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    content = part.get_content() if part is not None else None
    return content if isinstance(content, str) else None


def _when(message: EmailMessage) -> str:
    header = message["Date"]
    moment = getattr(header, "datetime", None)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def _shown(message: EmailMessage, name: str) -> str:
    return html.escape(_header(message, name))


def _header(message: EmailMessage, name: str) -> str:
    return str(message[name] or "")


def _address(kept: KeptMessage) -> str:
    return f"{PATH}/{quote(kept.key, safe='')}"
