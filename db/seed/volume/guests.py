"""Who takes places at an event and gives them back: first decided as numbers, then written as rows and lines.

Millions of rows come from here, so the rows of one kind are packed by one ready-made form. What they say is what
`domain.registrations` would have said; a test replays them through it.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple

from db.seed.volume.facts import Line
from db.seed.volume.ids import Ids, TicketCodes, written
from db.seed.volume.people import Roster
from db.seed.volume.wire import JOURNAL_PRIVATE, REQUEST, Batch, Chunk, microseconds
from db.seed.volume.words import GUEST_REASONS
from domain.events import Event
from domain.ids import UserId
from domain.journal import Stream
from domain.ticket_tiers import TicketTier

QUANTITY_LIMIT = 6
_QUANTITIES = bytes(1 if n < 650 else 2 if n < 930 else 3 if n < 990 else 4 for n in range(1024))

_REGISTRATION = Struct("!h i16s i16s i16s i16s i9s ii iq i3s i ii iq iq")
_CANCELLED_REGISTRATION = Struct("!h i16s i16s i16s i16s i9s ii iq i3s iq ii iq iq")
_TICKET = Struct("!h i16s i16s i16s i11s i5s")
_CANCELLED_TICKET = Struct("!h i16s i16s i16s i11s i9s")
_LINE = Struct("!h i16s iq i5s i15s i16s i")
_ACTOR = Struct(f"!i16s i{len(REQUEST)}s iq")
_CONFIRMED_DATA = (
    b'\x01{"version":1,"ticket_tier_id":"%b","user_id":"%b","quantity":%d,'
    b'"deltas":{"%b":{"confirmed":%d},"%b":{"confirmed":%d}}}'
)
_CANCELLED_DATA = (
    b'\x01{"version":2,"ticket_tier_id":"%b","user_id":"%b","changes":{"status":["CONFIRMED","CANCELLED"]},"quantity":%d,'
    b'"deltas":{"%b":{"confirmed":%d},"%b":{"confirmed":%d}}}'
)


class Claim(NamedTuple):
    """Places of one tier taken by one person, and perhaps given back; moments in microseconds since the epoch."""

    at: int
    person: int
    tier: int
    quantity: int
    cancelled_at: int = 0


@dataclass(slots=True)
class Takings:
    """What was taken of an event, and of each tier: `confirmed` in the end, `most` with all that was given back."""

    claims: list[Claim]
    sold_out: bool
    confirmed: list[int]
    most: list[int]
    returned: list[int]
    """Registrations given back, by tier."""


@dataclass(frozen=True, slots=True)
class Sale:
    """What guests meet: how many come, between which moments, and the tiers' windows and limits."""

    demand: int
    opens: int
    closes: int
    windows: Sequence[tuple[int, int]]
    limits: Sequence[int | None]
    sold_out: bool = False


@dataclass(slots=True)
class Guests:
    """Lets guests come. Those of one event are found without a list of who has come already.

    A step of any size visits each number below a prime once, so regulars and others both come in an order of their
    own for each event, and nobody twice unless meant to.
    """

    roster: Roster
    chance: random.Random
    ids: Ids = field(init=False)

    def __post_init__(self) -> None:
        self.ids = Ids(self.chance)

    def take(self, sale: Sale) -> Takings:
        """Decide who takes what. Each tier's window and limit for one person are kept."""
        chance, span = self.chance, sale.closes - sale.opens
        moments = sorted(sale.opens + int(span * chance.random() ** 0.7) for _ in range(sale.demand))
        people = self._people()
        takings = Takings([], sale.sold_out, [0] * len(sale.limits), [0] * len(sale.limits), [0] * len(sale.limits))
        person, held = -1, dict[int, int]()
        for at in moments:
            bits = chance.getrandbits(40)
            tier = self._tier(sale, at)
            quantity = _QUANTITIES[bits & 1023]
            limit = sale.limits[tier] or QUANTITY_LIMIT
            # Some come back for more, within their limit.
            again = person >= 0 and not sale.sold_out and (bits >> 10 & 1023) < 25 and held.get(tier, 0) < limit
            if not again:
                person, held = next(people), {}
            quantity = min(quantity, limit - held.get(tier, 0))
            held[tier] = held.get(tier, 0) + quantity
            cancelled_at = 0
            if (bits >> 20 & 1023) < 75 and not sale.sold_out:
                cancelled_at = at + 1 + int((sale.closes - at - 1) * chance.random())
                takings.returned[tier] += 1
            else:
                takings.confirmed[tier] += quantity
            takings.most[tier] += quantity
            takings.claims.append(Claim(at, person, tier, quantity, cancelled_at))
        return takings

    def fill(self, sale: Sale, takings: Takings, capacity: int) -> None:
        """Let the guests of an event take more places each, until it is full."""
        missing = capacity - sum(takings.confirmed)
        while missing > 0:
            before = missing
            for place, claim in enumerate(takings.claims):
                if missing and claim.quantity < (sale.limits[claim.tier] or QUANTITY_LIMIT):
                    takings.claims[place] = claim._replace(quantity=claim.quantity + 1)
                    takings.confirmed[claim.tier] += 1
                    takings.most[claim.tier] += 1
                    missing -= 1
            if missing == before:
                message = f"{len(takings.claims)} guests cannot fill {capacity} places"
                raise ValueError(message)

    def _people(self) -> Iterator[int]:
        """Guests in the order of one event: regulars at first, two of five."""
        plan, chance = self.roster.plan, self.chance
        here, step = chance.randrange(plan.regulars), chance.randrange(1, plan.regulars)
        there, stride = chance.randrange(plan.others), chance.randrange(1, plan.others)
        first = self.roster.guests
        regulars = plan.regulars
        while True:
            if regulars and chance.random() < 0.4:
                regulars -= 1
                here = (here + step) % plan.regulars
                yield first + here
            else:
                there = (there + stride) % plan.others
                yield first + plan.regulars + there

    def _tier(self, sale: Sale, at: int) -> int:
        """A tier that is on sale at the moment; the first one without a window always is."""
        count = len(sale.windows)
        chosen = int(count * self.chance.random()) if count > 1 else 0
        while True:
            opens, closes = sale.windows[chosen]
            if opens <= at < closes:
                return chosen
            chosen = (chosen + 1) % count


@dataclass(slots=True)
class Desk:
    """Writes what was taken of one event: rows of registrations and tickets, and lines in the order of time."""

    guests: Guests
    event: Event
    tiers: Sequence[TicketTier]
    organizer: UserId
    codes: TicketCodes = field(init=False)
    event_text: bytes = field(init=False)
    sold: list[tuple[bytes, bytes, int, bytes]] = field(init=False)
    """Of each tier: its id, the id as it is written, the price and the currency."""

    def __post_init__(self) -> None:
        self.codes = TicketCodes(self.guests.chance)
        self.event_text = written(self.event.id.bytes)
        self.sold = [
            (tier.id.bytes, written(tier.id.bytes), tier.price_minor, tier.currency.encode()) for tier in self.tiers
        ]

    def write(self, batch: Batch, claims: Sequence[Claim], between: Sequence[Line], *, version: int) -> Iterator[Chunk]:
        """Add rows and lines after `version`, with facts of the event `between` them, and cut chunks when full."""
        moments = [(claim.at, place) for place, claim in enumerate(claims)]
        moments += [(claim.cancelled_at, -1 - place) for place, claim in enumerate(claims) if claim.cancelled_at]
        moments += [(microseconds(line.at), len(claims) + place) for place, line in enumerate(between)]
        moments.sort()
        ids: dict[int, bytes] = {}
        for _, place in moments:
            version += 1
            if place >= len(claims):
                batch.tell(Stream.EVENT, self.event.id, [between[place - len(claims)]], after=version - 1)
            elif place >= 0:
                ids[place] = self._confirm(batch, claims[place], version)
            else:
                self._cancel(batch, claims[-1 - place], ids[-1 - place], version)
            yield from batch.cut_when_full()

    def _confirm(self, batch: Batch, claim: Claim, version: int) -> bytes:
        at, number, place, quantity, cancelled_at = claim
        tier_id, tier_text, price, currency = self.sold[place]
        event, event_text, person = self.event.id.bytes, self.event_text, self.guests.roster.raw(number)
        raw = self.guests.ids.raw
        id_ = raw(at)
        same = (12, 16, event, 16, id_, 16, tier_id, 16, person, 9)
        if cancelled_at:
            row = _CANCELLED_REGISTRATION.pack(
                *same, b"CANCELLED", 4, quantity, 8, price, 3, currency, 8, cancelled_at, 4, 2, 8, at, 8, cancelled_at
            )
            status, form = b"CANCELLED", _CANCELLED_TICKET
        else:
            row = _REGISTRATION.pack(*same, b"CONFIRMED", 4, quantity, 8, price, 3, currency, -1, 4, 1, 8, at, 8, at)
            status, form = b"VALID", _TICKET
        batch.rows["registrations"].append(row)
        batch.registrations += 1
        tickets = batch.rows["tickets"]
        for _ in range(quantity):
            tickets.append(form.pack(5, 16, event, 16, raw(at), 16, id_, 11, self.codes.new(), len(status), status))
        data = _CONFIRMED_DATA % (tier_text, written(person), quantity, event_text, quantity, tier_text, quantity)
        line = _LINE.pack(9, 16, event, 8, version, 5, b"event", 15, b"PlacesConfirmed", 16, id_, len(data))
        batch.rows["journal"].append(line + data + _ACTOR.pack(16, person, len(REQUEST), REQUEST, 8, at))
        return id_

    def _cancel(self, batch: Batch, claim: Claim, id_: bytes, version: int) -> None:
        event, tier_text = self.event.id.bytes, self.sold[claim.tier][1]
        person = self.guests.roster.raw(claim.person)
        luck = self.guests.chance.random()
        actor = self.organizer.bytes if luck < 0.1 else person
        places = claim.quantity
        taken = (tier_text, written(person), places)
        data = _CANCELLED_DATA % (*taken, self.event_text, -places, tier_text, -places)
        line = _LINE.pack(9, 16, event, 8, version, 5, b"event", 15, b"PlacesCancelled", 16, id_, len(data))
        end = _ACTOR.pack(16, actor, len(REQUEST), REQUEST, 8, claim.cancelled_at)
        batch.rows["journal"].append(line + data + end)
        if luck < 0.3:
            reason = {"reason": self.guests.chance.choice(GUEST_REASONS)}
            subject = self.guests.roster.id(claim.person)
            batch.add(JOURNAL_PRIVATE, JOURNAL_PRIVATE.row(self.event.id, version, subject, reason))
