"""The domain's enumerations as GraphQL enums, with a description for every value: the schema imports them here."""

from enum import Enum
from typing import Any, TypeVar, cast

import strawberry

from domain.capacity import PoolKind
from domain.check_in import ScanOutcome
from domain.imports.jobs import ImportStatus
from domain.imports.mappings import ImportFormat
from domain.imports.rows import ImportOutcome
from domain.ledger import LedgerMatter
from domain.lifecycles import EventStatus
from domain.permissions import (
    EventAction,
    OrganizationAction,
    OrganizationRole,
    PlatformRole,
    RegistrationAction,
    WaitlistAction,
)
from domain.queries import EventOrder
from domain.registrations import RegistrationStatus, TicketStatus
from domain.time import AmbiguousHour
from domain.users import OnboardingStep, Theme, UserStatus, Weekday
from domain.waitlist import WaitlistStatus

__all__ = [
    "AmbiguousHour",
    "EventAction",
    "EventOrder",
    "EventStatus",
    "ImportFormat",
    "ImportOutcome",
    "ImportStatus",
    "LedgerMatter",
    "OnboardingStep",
    "OrganizationAction",
    "OrganizationRole",
    "PlatformRole",
    "PoolKind",
    "RegistrationAction",
    "RegistrationStatus",
    "ScanOutcome",
    "Theme",
    "TicketStatus",
    "UserStatus",
    "WaitlistAction",
    "WaitlistStatus",
    "Weekday",
]

EnumClass = TypeVar("EnumClass", bound=type[Enum])


def _describe(enum: EnumClass, description: str, /, **values: str) -> EnumClass:
    described = strawberry.enum(enum, description=description)
    for value in cast("Any", described).__strawberry_definition__.values:
        value.description = values.pop(value.name)
    if values:
        message = f"{enum.__name__} has no {', '.join(values)}"
        raise ValueError(message)
    return described


_describe(
    EventStatus,
    "Where an event stands in its life.",
    DRAFT="Being written; only its team sees it.",
    IN_REVIEW="Waiting for an approval; only its team sees it.",
    APPROVED="Ready to be published; only its team sees it.",
    PUBLISHED="Public and still to come.",
    LIVE="Public and happening now. Follows from the clock.",
    ENDED="Public and over. Follows from the clock.",
    POSTPONED="Waiting for a new date; public when it was published before.",
    CANCELLED="Will not happen; public when it was published before.",
    ARCHIVED="Put away; its team and those who were registered still see it.",
)
_describe(
    EventAction,
    "What can be done with an event.",
    UPDATE="Change its details, schedule and capacity.",
    SUBMIT="Submit it for approval.",
    PUBLISH="Make it public.",
    POSTPONE="Put it off.",
    CANCEL="Call it off.",
    ARCHIVE="Put it away.",
    COPY="Start a draft from it.",
    CREATE_TICKET_TIER="Add a ticket tier.",
    UPDATE_TICKET_TIER="Change a ticket tier.",
    REGISTER="Take places, or hold them.",
    JOIN_WAITLIST="Wait for places.",
    CHECK_IN="Let people in.",
    MANAGE_CAPACITY="Change its pools, keep places back, and say how its waiting list is worked.",
    VIEW_CAPACITY="See which places are kept back, for whom and why, and have the counts proved.",
    VIEW_REGISTRATIONS="See who comes.",
    VIEW_WAITLIST="See who waits.",
    VIEW_HISTORY="See who changed what.",
)
_describe(
    EventOrder,
    "The order of a list of events. Ties are broken by id.",
    STARTS_AT_ASC="The next first.",
    STARTS_AT_DESC="The latest first.",
    CREATED_AT_DESC="The newest draft first.",
    TITLE_ASC="By title, ignoring case.",
    RELEVANCE=(
        "The best match first: title, then category and tags, organization and venue, summary, description."
        " Needs a search."
    ),
)
_describe(
    OrganizationAction,
    "What can be done with an organization.",
    UPDATE="Change its public page.",
    CREATE_EVENT="Start an event.",
    CREATE_VENUE="Add a venue.",
    UPDATE_VENUE="Change a venue.",
    INVITE_MEMBER="Invite people to the team.",
    CHANGE_MEMBER_ROLE="Change roles and send members away.",
    REMOVE_MEMBER="Leave the team.",
    VIEW_MEMBERS="See the team.",
    VIEW_VENUES="See all venues.",
    IMPORT_EVENTS="Bring in events from a file.",
    VIEW_IMPORTS="See what was imported, and what came of each row.",
    VIEW_HISTORY="See who changed what.",
)
_describe(
    ImportFormat,
    "The formats in which events can be imported.",
    CSV="A table with a header; columns are separated by comma, semicolon or tab.",
    JSONL="One JSON object on each line.",
    ICALENDAR="A calendar as in RFC 5545; rules of recurrence are expanded within bounds.",
)
_describe(
    ImportStatus,
    "Where an import stands.",
    QUEUED="Waiting for its turn.",
    RUNNING="Going through the rows.",
    SUCCEEDED="At its end; single rows may have been rejected.",
    FAILED="Given up; what was imported until then stays.",
)
_describe(
    ImportOutcome,
    "What came of a row.",
    CREATED="It made a new event.",
    UPDATED="It changed the event that it had made before.",
    UNCHANGED="It says what it said before.",
    REJECTED="It was refused, for the reason beside it.",
)
_describe(
    RegistrationAction,
    "What can be done with a registration.",
    EXTEND_HOLD="Hold the places for longer.",
    CONFIRM="Keep the places that are held.",
    CANCEL="Give places back.",
    TRANSFER_TICKET="Let somebody else come with a ticket.",
    VIEW_HISTORY="See what happened to it.",
)
_describe(
    WaitlistAction,
    "What can be done with an entry of a waiting list.",
    ANSWER="Accept or decline an offer, suspend and resume.",
    LEAVE="Take it off the list.",
    PRIORITIZE="Let it wait before or behind others.",
    VIEW_HISTORY="See what happened to it.",
)
_describe(
    WaitlistStatus,
    "Where an entry of a waiting list stands.",
    WAITING="It is offered places when it is its turn.",
    SUSPENDED="It keeps its place and is passed over until it resumes.",
    OFFERED="Places are kept for it until the offer ends.",
    ACCEPTED="The offer was taken: there is a registration.",
    DECLINED="The offer was turned down.",
    EXPIRED="The offer was not answered in time.",
    LEFT="It was taken off the list.",
    CLOSED="Nothing more is sold: the sale has ended or the event was called off.",
)
_describe(
    PoolKind,
    "What a capacity pool limits.",
    EVENT="The whole event: every place is taken from it.",
    TICKET_TIER="One ticket tier: its quota.",
    SHARED="The ticket tiers that draw on it, together.",
)
_describe(
    LedgerMatter,
    "What the books of an event's capacity may differ about.",
    POOL="The counters of a pool are missing.",
    CAPACITY="All places of a pool.",
    OVERBOOKING="Places of a pool that may be taken on top of its capacity.",
    CONFIRMED="Places of confirmed registrations.",
    HELD="Places that are held.",
    OFFERED="Places offered to people on the waiting list.",
    BLOCKED="Places that the organizers keep back.",
    CHECKED_IN="Places whose holders have arrived.",
    WAITING="Entries of the waiting list that wait for their turn.",
    TICKETS="A registration has not one good ticket for each confirmed place.",
    STREAM="The journal: its version, its lines, or the versions of these.",
)
_describe(
    ScanOutcome,
    "What came of reading a ticket at the door.",
    CHECKED_IN="It is good: let its holder in.",
    ALREADY_CHECKED_IN="Somebody came with it before; `checkedInAt` says when.",
    CANCELLED="Its place was given back.",
    UNKNOWN="The event has no ticket with this code.",
)
_describe(
    OrganizationRole,
    "What a member may do for an organization.",
    OWNER="Everything, including roles.",
    MANAGER="Events, venues and inviting staff.",
    STAFF="See registrations and check people in.",
)
_describe(
    PlatformRole,
    "What an account may do on the whole platform.",
    ADMIN="Everything.",
    ANALYST="Read everything but personal data.",
)
_describe(
    RegistrationStatus,
    "Where a registration stands.",
    HELD="Places are held until `expiresAt`.",
    PENDING_APPROVAL="Waiting for the organizers; the places are held.",
    CONFIRMED="The places are taken.",
    CANCELLED="The places were given back.",
    EXPIRED="The hold ran out.",
    REJECTED="The organizers declined.",
)
_describe(
    TicketStatus,
    "Where a ticket stands.",
    VALID="Good for one entry.",
    CHECKED_IN="Its holder has arrived.",
    CANCELLED="Not good for entry.",
)
_describe(
    UserStatus,
    "Whether an account may be used.",
    ACTIVE="It may.",
    DEACTIVATED="It may not; an administrator can reactivate it.",
)
_describe(
    Theme,
    "How pages look.",
    SYSTEM="As the device is set.",
    LIGHT="Dark on light.",
    DARK="Light on dark.",
)
_describe(
    Weekday,
    "The day that weeks begin with.",
    MONDAY="Monday.",
    SATURDAY="Saturday.",
    SUNDAY="Sunday.",
)
_describe(
    OnboardingStep,
    "What a newcomer does first, in this order.",
    VERIFY_EMAIL="Sign in with an address that the identity provider has verified.",
    COMPLETE_PROFILE="Choose a language and a time zone.",
    SET_PREFERENCES="Say what to be told about.",
    TAKE_PART="Register for an event or join a team.",
)
_describe(
    AmbiguousHour,
    "Which occurrence a local time means when clocks show it twice, as on the night that summer time ends.",
    FIRST="The earlier one.",
    SECOND="The later one.",
)
