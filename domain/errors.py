"""Everything that can be expected to fail, each with a code; the docstring is the message a client reads.

Two families leave the domain. A `Refusal` is an answer to a well-formed command and ends up in a payload's
`problems`. A `RequestError` says that the request itself could not be served and becomes a top-level error.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar

Scalar = str | int | bool | None
Params = Mapping[str, Scalar]


class Refusal(Exception):
    """The command was refused."""

    code: ClassVar[str]
    retryable: ClassVar[bool] = False
    """Whether the same command may succeed later unchanged."""
    kept: ClassVar[bool] = True
    """Whether it is final, and an idempotency key keeps it: not what time, other people or another try can undo."""

    def __init__(self, *path: str, **params: Scalar) -> None:
        self.path = path
        self.params: Params = params
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The docstring with this refusal's numbers filled in."""
        return (self.__doc__ or self.code).format(**self.params)


class Refused(Exception):
    """Several refusals of one command, reported together."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(refusal.message for refusal in self.refusals))


# --- Values ---------------------------------------------------------------------------------------------------------


class ValueIsRequired(Refusal):
    """This value is required."""

    code = "REQUIRED"


class TextIsTooLong(Refusal):
    """At most {limit} characters are allowed; this has {length}."""

    code = "TOO_LONG"


class ListIsTooLong(Refusal):
    """At most {limit} entries are allowed; this has {length}."""

    code = "TOO_MANY"


class TextIsNotAllowed(Refusal):
    """The text holds characters that cannot be shown: control characters or lone surrogates."""

    code = "INVALID_TEXT"


class HtmlIsNotAllowed(Refusal):
    """Descriptions are Markdown; raw HTML and script links are not accepted."""

    code = "HTML_NOT_ALLOWED"


class ValueIsOutOfRange(Refusal):
    """The value must lie between {minimum} and {maximum}."""

    code = "OUT_OF_RANGE"


class ValueIsMalformed(Refusal):
    """The value is not a valid {what}."""

    code = "INVALID"


class SlugIsTaken(Refusal):
    """This slug is already in use."""

    code = "SLUG_TAKEN"


class NameIsTaken(Refusal):
    """The name is already in use here."""

    code = "NAME_TAKEN"


# --- Time -----------------------------------------------------------------------------------------------------------


class LocalTimeDoesNotExist(Refusal):
    """{local} does not exist in {timezone}: clocks skip it. The next local time that exists is {next}."""

    code = "NONEXISTENT_LOCAL_TIME"


class EndIsNotAfterStart(Refusal):
    """The end must come after the start."""

    code = "END_BEFORE_START"


class TimeIsInThePast(Refusal):
    """The time must lie in the future."""

    code = "IN_THE_PAST"


# --- Commands and their order ---------------------------------------------------------------------------------------


class VersionConflict(Refusal):
    """The object has changed: it is at version {current}, you expected {expected}. Fields that differ: {fields}."""

    code = "VERSION_CONFLICT"
    kept = False


class Busy(Refusal):
    """{waiting} requests are waiting here already: try again in {retry_after} milliseconds."""

    code = "BUSY"
    retryable = True
    kept = False


class IdempotencyKeyReused(Refusal):
    """This idempotency key was used before with another input."""

    code = "IDEMPOTENCY_KEY_REUSED"


class TransitionNotAllowed(Refusal):
    """An event that is {status} cannot become {target}: {reason}"""

    code = "TRANSITION_NOT_ALLOWED"


class EventIsNotEditable(Refusal):
    """An event that is {status} can no longer be edited."""

    code = "EVENT_NOT_EDITABLE"


class VenueIsUnknown(Refusal):
    """The organization has no such venue."""

    code = "VENUE_UNKNOWN"


class PlaceIsMissing(Refusal):
    """An event needs a venue or has to be online."""

    code = "PLACE_MISSING"


# --- Registrations --------------------------------------------------------------------------------------------------


class EventIsFull(Refusal):
    """Places asked for: {asked}. Places left: {available}."""

    code = "SOLD_OUT"
    retryable = True
    kept = False


class OthersAreWaiting(Refusal):
    """Places asked for: {asked}. The {available} that are left go to the {waiting} who wait: join the waiting list."""

    code = "OTHERS_ARE_WAITING"
    retryable = True
    kept = False


class RegistrationIsClosed(Refusal):
    """Registration is closed: the event is {status}."""

    code = "REGISTRATION_CLOSED"
    kept = False


class SalesHaveNotStarted(Refusal):
    """Sales of this ticket tier start at {starts_at}."""

    code = "SALES_NOT_STARTED"
    retryable = True
    kept = False


class SalesHaveEnded(Refusal):
    """Sales of this ticket tier ended at {ended_at}."""

    code = "SALES_ENDED"


class PersonLimitIsReached(Refusal):
    """One person may take {limit} places of this ticket tier; you have {taken} and asked for {asked} more."""

    code = "PERSON_LIMIT_REACHED"
    kept = False


class TicketTierIsUnknown(Refusal):
    """The event has no such ticket tier."""

    code = "TICKET_TIER_UNKNOWN"


class TooManyTicketTiers(Refusal):
    """An event can have at most {limit} ticket tiers."""

    code = "TOO_MANY_TICKET_TIERS"


class CapacityIsTaken(Refusal):
    """The capacity cannot go below the {taken} places that are taken; you asked for {asked}."""

    code = "CAPACITY_TAKEN"


class RegistrationIsOver(Refusal):
    """The registration is already {status}."""

    code = "REGISTRATION_OVER"


class RegistrationIsNotHeld(Refusal):
    """Only places that are held can be extended; this registration is {status}."""

    code = "REGISTRATION_NOT_HELD"


class HoldWasExtended(Refusal):
    """A hold can be extended once; this one ends at {expires_at}."""

    code = "HOLD_WAS_EXTENDED"


class HoldHasExpired(Refusal):
    """The hold ended at {expired_at}, and of the {asked} places it had {available} are left."""

    code = "HOLD_EXPIRED"
    kept = False


class TicketIsUnknown(Refusal):
    """The registration has no such ticket that is still valid."""

    code = "TICKET_UNKNOWN"


class TicketsAreCheckedIn(Refusal):
    """{checked_in} of the tickets are checked in: undo that first, or cancel the others one by one."""

    code = "TICKETS_CHECKED_IN"
    kept = False


class TicketIsNotCheckedIn(Refusal):
    """The ticket is {status}, so its check-in cannot be undone."""

    code = "TICKET_NOT_CHECKED_IN"


class CheckInIsClosed(Refusal):
    """Nobody can be checked in: the event is {status}."""

    code = "CHECK_IN_CLOSED"
    kept = False


class CheckInHasNotStarted(Refusal):
    """People are let in from {opens_at} on."""

    code = "CHECK_IN_NOT_STARTED"
    retryable = True
    kept = False


class NonceReused(Refusal):
    """This nonce was used before with another code."""

    code = "NONCE_REUSED"


class WaitlistIsNotNeeded(Refusal):
    """Nobody needs to wait: {available} places are left."""

    code = "WAITLIST_NOT_NEEDED"
    retryable = True
    kept = False


class AlreadyOnWaitlist(Refusal):
    """You are already on the waiting list of this ticket tier, with {quantity} places."""

    code = "ALREADY_ON_WAITLIST"


class GroupIsTooLarge(Refusal):
    """Places asked for: {asked}. Even when nothing is taken there are only {limit}."""

    code = "GROUP_TOO_LARGE"
    kept = False


class WaitlistEntryIsOver(Refusal):
    """The entry on the waiting list is {status}."""

    code = "WAITLIST_ENTRY_OVER"
    kept = False


class OfferIsOver(Refusal):
    """There is no open offer: the entry on the waiting list is {status}."""

    code = "OFFER_OVER"
    kept = False


class BlockIsReleased(Refusal):
    """The block was released at {released_at}."""

    code = "BLOCK_RELEASED"


class CapacityPoolIsUnknown(Refusal):
    """The event has no such capacity pool."""

    code = "CAPACITY_POOL_UNKNOWN"


class TooManyCapacityPools(Refusal):
    """An event can share at most {limit} capacity pools."""

    code = "TOO_MANY_CAPACITY_POOLS"


class EventHasStarted(Refusal):
    """The event started at {started_at}; only its organizers can cancel or pass on its places now."""

    code = "EVENT_HAS_STARTED"


# --- Organizations and users ----------------------------------------------------------------------------------------


class LastOwnerMustStay(Refusal):
    """An organization keeps at least one owner: make somebody else an owner first."""

    code = "LAST_OWNER"


class LastAdministratorMustStay(Refusal):
    """The platform keeps at least one administrator: appoint another one first."""

    code = "LAST_ADMINISTRATOR"


class RoleIsNotGrantable(Refusal):
    """Your role does not let you give or take away the role {role}."""

    code = "ROLE_NOT_GRANTABLE"


class AlreadyMember(Refusal):
    """This person is already a member of the organization."""

    code = "ALREADY_MEMBER"


class InvitationIsInvalid(Refusal):
    """The invitation link is not valid."""

    code = "INVITATION_INVALID"


class InvitationHasExpired(Refusal):
    """The invitation expired at {expired_at}; ask for a new one."""

    code = "INVITATION_EXPIRED"


class InvitationIsUsed(Refusal):
    """The invitation was already used or has been replaced by a newer one."""

    code = "INVITATION_USED"


class EmailIsNotVerified(Refusal):
    """Your sign-in does not confirm an e-mail address, which accepting an invitation needs."""

    code = "EMAIL_NOT_VERIFIED"


class InvitationIsForSomebodyElse(Refusal):
    """The invitation was sent to another e-mail address than the one you signed in with."""

    code = "INVITATION_FOR_SOMEBODY_ELSE"


class SubjectIsKnown(Refusal):
    """This sign-in has an account already."""

    code = "SUBJECT_KNOWN"


class AccountStatusUnchanged(Refusal):
    """The account is already {status}."""

    code = "ACCOUNT_STATUS_UNCHANGED"


# --- Imports --------------------------------------------------------------------------------------------------------


class TooManyImports(Refusal):
    """The organization has {limit} imports that wait or run already: wait for one of them to end."""

    code = "TOO_MANY_IMPORTS"
    retryable = True
    kept = False


# --- Requests that could not be served ------------------------------------------------------------------------------


class RequestError(Exception):
    """The request could not be served."""

    code: ClassVar[str]

    def __init__(self, message: str | None = None, **extensions: Scalar) -> None:
        self.message = message or self.__doc__ or self.code
        self.extensions: Params = extensions
        super().__init__(self.message)


class Unauthenticated(RequestError):
    """Sign in to do this."""

    code = "UNAUTHENTICATED"


class Forbidden(RequestError):
    """You are not allowed to do this."""

    code = "FORBIDDEN"


class NotFound(RequestError):
    """There is no such object, or you may not see it."""

    code = "NOT_FOUND"


class BadInput(RequestError):
    """The request is malformed."""

    code = "BAD_USER_INPUT"


class Unavailable(RequestError):
    """A service that Bilten needs cannot be reached at the moment; try again shortly."""

    code = "UNAVAILABLE"


def refusals_by_code() -> dict[str, type[Refusal]]:
    """Every refusal by its code, in declaration order: the schema's `ProblemCode`."""
    return {subclass.code: subclass for subclass in Refusal.__subclasses__()}
