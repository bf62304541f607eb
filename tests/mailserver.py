"""A real mail server on loopback for tests, which can be told to refuse, to hang, to stop and to come back."""

import asyncio
import socket
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = b"hunter2"


@dataclass(slots=True)
class Received:
    """A message as it arrived, with its envelope."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def message_id(self) -> str:
        return self.message["Message-ID"]

    @property
    def subject(self) -> str:
        return self.message["Subject"]


@dataclass(slots=True)
class MailServer:
    """What arrived, and how the server behaves: answers to `RCPT` and `DATA`, and whether `DATA` ever ends."""

    port: int
    received: list[Received] = field(default_factory=list[Received])
    recipient_answer: str = "250 OK"
    data_answer: str = "250 OK"
    connections: int = 0
    hangs: asyncio.Event | None = None
    at_data: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _needs_password: bool = False
    _open: set[SMTP] = field(default_factory=set[SMTP])

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        del server, session
        if self.recipient_answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server, session
        self.at_data.set()
        if self.data_answer.startswith("2"):
            content = cast("bytes", envelope.content)
            message = message_from_bytes(content, policy=default)
            self.received.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), message))
        if self.hangs is not None:
            await self.hangs.wait()
        return self.data_answer

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Close the port and cut every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for protocol in self._open:
            if isinstance(protocol.transport, asyncio.WriteTransport):
                protocol.transport.abort()
        self._open.clear()

    def demand_password(self) -> None:
        self._needs_password = True

    def _protocol(self) -> SMTP:
        self.connections += 1
        with warnings.catch_warnings():
            # It warns of passwords in the clear, which is what a server on loopback is asked with.
            warnings.simplefilter("ignore")
            protocol = SMTP(
                self,
                hostname="mail.test",
                enable_SMTPUTF8=True,
                loop=asyncio.get_running_loop(),
                auth_required=self._needs_password,
                auth_require_tls=False,
                authenticator=_authenticate,
            )
        self._open.add(protocol)
        return protocol


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
) -> AuthResult:
    return AuthResult(success=data.password == PASSWORD, handled=False)


def free_port() -> int:
    """A port on which nobody listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def mail_server() -> AsyncGenerator[MailServer]:
    """A server for the length of the block."""
    server = MailServer(free_port())
    await server.start()
    try:
        yield server
    finally:
        if server.hangs is not None:
            server.hangs.set()
        await server.stop()
