"""Which way messages leave, by the settings, and the notifier that an application runs with it."""

from datetime import datetime

from bilten.addresses import local_address
from bilten.config import Settings
from bilten.invitations import SignedInvitationLinks
from bilten.mail.delivery import Delivery
from bilten.mail.envelope import Sender
from bilten.mail.kept import KeptMail
from bilten.mail.server import MailServer
from bilten.mail.smtp import SmtpDelivery
from bilten.notifier import Notifier, Post
from bilten.wiring import Application
from domain.asked import Asked
from domain.ids import EventId, WaitlistEntryId
from domain.waitlist import StartOffer

_SENDER = "Bilten <bilten@bilten.localhost>"
"""Who development writes as."""
_PORT = 8_000


def notifier_for(application: Application) -> Notifier:
    """The notifier of a running application; it starts the clocks of offers through the lanes."""

    async def handed_over(event_id: EventId, entry_id: WaitlistEntryId, _: datetime) -> None:
        # Nobody asks for it but the system itself, so there is no actor.
        await application.lanes.run(Asked(event_id, StartOffer(event_id, entry_id), None))

    return Notifier(
        application.database,
        application.clock,
        post=_post(application.settings, application.secret),
        metrics=application.metrics,
        handed_over=handed_over,
        rush=lambda: application.lanes.rush,
    )


def kept_mail(settings: Settings) -> KeptMail:
    """The mail that is kept instead of sent."""
    return KeptMail(settings.resolved_home / "mail")


def _post(settings: Settings, secret: bytes) -> Post:
    sender = Sender.parse(settings.mail_from or _SENDER)
    here = settings.public_url or local_address(settings.host, settings.port or _PORT)
    return Post(sender, SignedInvitationLinks(secret, here), _delivery(settings, sender))


def _delivery(settings: Settings, sender: Sender) -> Delivery | None:
    if not settings.sends_mail:
        return None
    if settings.smtp_url is None:
        return kept_mail(settings)
    return SmtpDelivery(MailServer.parse(settings.smtp_url.get_secret_value()), local_hostname=sender.domain)
