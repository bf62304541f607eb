"""A letter as a message in the formats of mail: headers, plain text, HTML beside it, and the calendar file."""

import html
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from bilten.mail.calendar import CalendarFile, calendar_for
from bilten.mail.plain import one_line
from bilten.mail.server import is_mailbox
from bilten.mail.wording import Letter, Link, Row, letter_for
from domain.messages import Matter

_HTML = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{subject}</title></head>
<body style="margin:0 auto;max-width:36rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif">
{body}
</body>
</html>
"""
_CELL = "padding:.25rem 1rem .25rem 0;text-align:left;vertical-align:top"


class AddressIsUnusable(Exception):
    """The address cannot stand in a message."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the messages come from."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> "Sender":
        """From `Name <address>` or an address alone. Raises `AddressIsUnusable`."""
        if text != one_line(text, longest=500):
            raise AddressIsUnusable
        name, address = parseaddr(text)
        _address(name, address)
        return cls(name, address)

    @property
    def domain(self) -> str:
        """What Message-IDs end in."""
        return self.address.rpartition("@")[2]


def envelope_for(matter: Matter, sender: Sender, *, invitation_link: str | None, now: datetime) -> EmailMessage:
    """The message that a matter makes. Raises `AddressIsUnusable` when its recipient's address is none."""
    calendar = calendar_for(matter, sender=sender.address, now=now)
    letter = letter_for(matter, invitation_link=invitation_link, has_calendar=calendar is not None)
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender.name, sender.address)
    message["To"] = _address(matter.addressee.name, matter.addressee.email or "")
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(now)
    # The same message handed over twice has the same name, so that the second one can be recognised.
    message["Message-ID"] = f"<{matter.notification.id}@{sender.domain}>"
    # No robot should answer, and no out-of-office note.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_plain(letter))
    message.add_alternative(_rich(letter), subtype="html")
    if calendar is not None:
        _attach(message, calendar)
    # Last, because setting the content takes away what was said of it before.
    message["Content-Language"] = letter.language
    return message


def _attach(message: EmailMessage, calendar: CalendarFile) -> None:
    message.add_attachment(
        calendar.content,
        maintype="text",
        subtype="calendar",
        filename="event.ics",
        params={"method": calendar.method.value, "charset": "utf-8"},
    )


def _address(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    try:
        # Names of hosts travel in ASCII; letters before the @ are for servers that know SMTPUTF8.
        ascii_domain = domain.encode("idna").decode()
        if local.isascii():
            return Address(one_line(name), addr_spec=f"{local}@{ascii_domain}")
    except (MessageError, ValueError, IndexError) as error:
        raise AddressIsUnusable from error
    if not is_mailbox(address) or address != one_line(address, longest=320):
        raise AddressIsUnusable
    return Address(one_line(name), username=local, domain=ascii_domain)


def _plain(letter: Letter) -> str:
    rows = [f"{one_line(row.label)}: {_indented(row)}" for row in letter.rows]
    link = [f"{one_line(letter.link.words)}:\n{letter.link.address}"] if letter.link else []
    parts = [
        one_line(letter.greeting),
        *(one_line(paragraph, longest=2_000) for paragraph in letter.paragraphs),
        *(["\n".join(rows)] if rows else []),
        *link,
        "-- \n" + "\n".join(one_line(line, longest=1_000) for line in letter.footer),
    ]
    return "\n\n".join(parts) + "\n"


def _indented(row: Row) -> str:
    return "\n    ".join(one_line(line, longest=1_000) for line in row.lines)


def _rich(letter: Letter) -> str:
    rows = "".join(_rich_row(row) for row in letter.rows)
    parts = [
        f"<p>{html.escape(letter.greeting)}</p>",
        *(f"<p>{html.escape(paragraph)}</p>" for paragraph in letter.paragraphs),
        *([f'<table style="border-collapse:collapse">{rows}</table>'] if rows else []),
        *([_rich_link(letter.link)] if letter.link else []),
        '<hr style="border:0;border-top:1px solid #999">',
        *(f'<p style="font-size:.875rem">{html.escape(line)}</p>' for line in letter.footer),
    ]
    return _HTML.format(language=letter.language, subject=html.escape(letter.subject), body="\n".join(parts))


def _rich_row(row: Row) -> str:
    lines = "<br>".join(html.escape(line) for line in row.lines)
    return f'<tr><th style="{_CELL}">{html.escape(row.label)}</th><td style="{_CELL}">{lines}</td></tr>'


def _rich_link(link: Link) -> str:
    words = html.escape(link.words)
    # Anything but a web address stays text: nothing else is ever clicked from here.
    if not link.address.startswith(("https://", "http://")):
        return f"<p>{words}</p>"
    return f'<p><a href="{html.escape(link.address, quote=True)}">{words}</a></p>'
