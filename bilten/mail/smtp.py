"""Handing messages over to a mail server by SMTP, over connections that serve several of them."""

import asyncio
import re
import ssl
from contextlib import suppress
from email.headerregistry import AddressHeader
from email.message import EmailMessage

import aiosmtplib

from bilten.mail.delivery import NotHandedOver
from bilten.mail.server import MailServer, Security

STEP_SECONDS = 20.0
"""How long the server may take for one answer."""
WHOLE_SECONDS = 60.0
"""How long handing over a message may take in all, however slowly the server goes on."""
MESSAGES_PER_CONNECTION = 50

_START_TLS = {Security.REQUIRED: True, Security.AUTO: None, Security.NEVER: False, Security.TLS: False}
# RFC 3463: such as 5.1.1 for a mailbox that is not there.
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class SmtpDelivery:
    """Messages to one mail server. As many may be under way at once as there are callers."""

    def __init__(
        self, server: MailServer, *, local_hostname: str, step: float = STEP_SECONDS, whole: float = WHOLE_SECONDS
    ) -> None:
        self._server = server
        self._local_hostname = local_hostname
        self._step = step
        self._whole = whole
        self._idle: list[tuple[aiosmtplib.SMTP, int]] = []

    async def hand_over(self, message: EmailMessage) -> None:
        """Return once the server has answered that the message is its own now. Raises `NotHandedOver`.

        Only what the server says of this message or its recipient is final. That it refuses us or our sender is a
        fault that somebody mends while the messages wait.
        """
        try:
            async with asyncio.timeout(self._whole):
                client, used = await self._connection()
                try:
                    await _send(client, message)
                except BaseException:
                    client.close()
                    raise
        except aiosmtplib.SMTPTimeoutError as error:
            raise NotHandedOver("SMTP_TIMEOUT") from error
        except aiosmtplib.SMTPResponseException as error:
            raise NotHandedOver(_answer(error.code, error.message)) from error
        except (OSError, TimeoutError, ssl.SSLError, aiosmtplib.SMTPException) as error:
            is_late = isinstance(error, TimeoutError)
            raise NotHandedOver("SMTP_TIMEOUT" if is_late else "SMTP_UNREACHABLE") from error
        if used + 1 < MESSAGES_PER_CONNECTION and client.is_connected:
            self._idle.append((client, used + 1))
        else:
            await _quit(client)

    async def rest(self) -> None:
        """Say goodbye on the connections that wait for more."""
        idle, self._idle = self._idle, []
        for client, _ in idle:
            await _quit(client)

    async def _connection(self) -> tuple[aiosmtplib.SMTP, int]:
        while self._idle:
            client, used = self._idle.pop()
            if client.is_connected:
                return client, used
            client.close()
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.security is Security.TLS,
            start_tls=_START_TLS[server.security],
            timeout=self._step,
            local_hostname=self._local_hostname,
        )
        await client.connect()
        return client, 0


async def _send(client: aiosmtplib.SMTP, message: EmailMessage) -> None:
    try:
        await client.send_message(message, sender=_addresses(message["From"])[0], recipients=_addresses(message["To"]))
    except aiosmtplib.SMTPRecipientsRefused as refused:
        error = refused.recipients[0]
        raise NotHandedOver(_answer(error.code, error.message), final=_is_final(error.code)) from refused
    except aiosmtplib.SMTPDataError as error:
        raise NotHandedOver(_answer(error.code, error.message), final=_is_final(error.code)) from error
    except aiosmtplib.SMTPNotSupported as error:
        # An address with letters that this server cannot write.
        raise NotHandedOver("SMTP_ADDRESS_NOT_SUPPORTED", final=True) from error
    except ValueError as error:
        raise NotHandedOver("SMTP_ADDRESS_MALFORMED", final=True) from error


def _addresses(header: AddressHeader) -> list[str]:
    return [address.addr_spec for address in header.addresses]


def _is_final(code: int) -> bool:
    return 500 <= code < 600


def _answer(code: int, text: str) -> str:
    """What the server said, in codes: its words may repeat the address."""
    enhanced = _ENHANCED.search(text)
    return f"SMTP {code}" + (f" {enhanced.group()}" if enhanced else "")


async def _quit(client: aiosmtplib.SMTP) -> None:
    with suppress(OSError, TimeoutError, aiosmtplib.SMTPException):
        async with asyncio.timeout(2):
            await client.quit()
    client.close()
