"""The events of a large data set: schedule, ticket tiers, capacity and the way their lives went."""

import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from db.seed.volume import facts
from db.seed.volume.facts import Line
from db.seed.volume.guests import QUANTITY_LIMIT, Desk, Guests, Sale, Takings
from db.seed.volume.houses import House
from db.seed.volume.ids import Ids
from db.seed.volume.people import Roster
from db.seed.volume.places import CITIES, City
from db.seed.volume.plan import PUBLIC, Course, Plan
from db.seed.volume.texts import make_text
from db.seed.volume.wire import CAPACITY_POOLS, EVENT_HEADS, EVENTS, TICKET_TIERS, Batch, Chunk, microseconds, moment
from db.seed.volume.words import REASONS
from domain import errors, events
from domain.capacity import PoolKind
from domain.events import Event
from domain.ids import EventId, TicketTierId
from domain.journal import Stream
from domain.lifecycles import TRANSITIONS, EventStatus
from domain.permissions import EventAction
from domain.ticket_tiers import TicketTier
from domain.time import instant
from domain.validation import slug_from
from domain.venues import Venue

_SIZES = (
    *(5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 180, 200, 250, 300, 400, 500, 600, 800, 1000, 1200, 1500),
    *(2000, 2500, 3000, 4000, 5000, 7500, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000),
)
_SMALLEST, _LARGEST = _SIZES.index(20), _SIZES.index(5000)
_HOURS = (9, 10, 11, 14, 17, 18, 18, 19, 19, 20, 21, 22)
_MINUTES = (0, 0, 0, 30)
_LASTING = (1, 2, 2, 3, 3, 4, 6, 8, 26, 50)
_LIMITS = (None, 1, 2, 4, 4, 6, 10)
_OFFERS = (("Standard",), ("Early bird", "Standard"), ("Early bird", "Standard", "Student"))
_LONG_OFFER = ("Early bird", "Standard", "Student", "Supporter")
_PRICE_PERCENT = {"Standard": 100, "Early bird": 80, "Student": 50, "Supporter": 200, "Free entry": 0}

_OLDEST, _YOUNGEST = timedelta(days=300), timedelta(days=3)
_QUIET = timedelta(hours=1)
"""Nothing happens to events in the last hour before the present."""
_DAY = timedelta(days=1)
_LIVE_EVERY, _LIVE_FIRST = 331, 7
_ZONES = {city.timezone: ZoneInfo(city.timezone) for city in CITIES}
"""Kept, because the library forgets all but a few zones and would read them from disk for each event."""


@dataclass(frozen=True, slots=True)
class _Schedule:
    starts_at_local: datetime
    ends_at_local: datetime
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class _Story:
    """The facts of one event before and after its guests came, and while they did."""

    event: Event
    before: list[Line] = field(default_factory=list[Line])
    between: list[Line] = field(default_factory=list[Line])
    after: list[Line] = field(default_factory=list[Line])


@dataclass(slots=True)
class Happenings:
    """Makes events one after another, each with everything that belongs to it."""

    plan: Plan
    roster: Roster
    houses: Sequence[House]
    chance: random.Random
    ids: Ids = field(init=False)
    guests: Guests = field(init=False)

    def __post_init__(self) -> None:
        self.ids = Ids(self.chance)
        self.guests = Guests(self.roster, self.chance)

    def make(self, number: int, batch: Batch) -> Iterator[Chunk]:
        """Add the event of that number to the batch; chunks are cut when it is full."""
        chance, plan = self.chance, self.plan
        course = plan.course(number)
        created_at = self._created_at(number)
        house = self.houses[int(len(self.houses) * chance.random() ** 1.4)]
        venue, city = (None, house.home) if chance.random() < 0.12 else chance.choice(house.venues)
        if course.over and plan.volume.present - created_at < timedelta(days=25):
            # Too young to be over.
            course = replace(course, moves=PUBLIC, over=False)
        live = course.moves == PUBLIC and number % _LIVE_EVERY == _LIVE_FIRST
        schedule = self._schedule(created_at, city.timezone, over=course.over, live=live)
        event = self._draft(number, house, venue, city, schedule=schedule, created_at=created_at)
        tiers = self._tiers(event, city)
        sale, moved_at = self._sale(event, tiers, course, plan.demand[number])
        takings = self.guests.take(sale)
        capacity = self._capacity(sale, takings)
        quotas = [self._quota(place, takings, capacity) for place in range(len(tiers))]
        story = self._story(event, course, sale, moved_at)
        opening = [facts.event_created(event, capacity=capacity)]
        opening += [
            facts.ticket_tier_created(tier, quota=quota, actor_id=event.created_by)
            for tier, quota in zip(tiers, quotas, strict=True)
        ]
        told = len(opening) + len(story.before)
        sold = told + len(story.between) + len(takings.claims) + sum(takings.returned)
        version = sold + len(story.after)
        self._add_rows(batch, story.event, tiers, quotas, capacity=capacity, takings=takings, version=version)
        batch.tell(Stream.EVENT, event.id, opening + story.before)
        desk = Desk(self.guests, event, tiers, event.created_by)
        yield from desk.write(batch, takings.claims, story.between, version=told)
        batch.tell(Stream.EVENT, event.id, story.after, after=sold)
        yield from batch.cut_when_full()

    def _created_at(self, number: int) -> datetime:
        """Later numbers are younger, and many are young."""
        share = (number + self.chance.random()) / self.plan.volume.events
        return self.plan.volume.present - _YOUNGEST - (_OLDEST - _YOUNGEST) * (1 - share) ** 1.3

    def _schedule(self, created_at: datetime, zone: str, *, over: bool, live: bool) -> _Schedule:
        chance, present = self.chance, self.plan.volume.present
        age = (present - created_at).days
        starts = datetime.combine(
            created_at.date() + timedelta(days=14 + int((age - 20 if over else 340) * chance.random() ** 1.3)),
            time(chance.choice(_HOURS), chance.choice(_MINUTES)),
        )
        ends = starts + timedelta(hours=chance.choice(_LASTING))
        if live and age > 20:
            # From yesterday morning until the evening of the day after tomorrow it is today everywhere.
            starts = datetime.combine(present.date() - _DAY, time(9))
            ends = starts + timedelta(days=3, hours=9)
        starts, starts_at = _existing(starts, zone)
        ends, ends_at = _existing(ends, zone)
        return _Schedule(starts, ends, starts_at, ends_at)

    def _draft(
        self,
        number: int,
        house: House,
        venue: Venue | None,
        city: City,
        *,
        schedule: _Schedule,
        created_at: datetime,
    ) -> Event:
        text = make_text(self.chance, city)
        event_id = EventId(self.ids.numbered(microseconds(created_at), number))
        slug = f"{slug_from(text.title)}-{event_id.hex[-8:]}"
        return Event(
            id=event_id,
            organization_id=house.id,
            venue_id=venue.id if venue else None,
            slug=slug,
            title=text.title,
            summary=text.summary,
            description=text.description,
            category=text.category,
            tags=text.tags,
            status=EventStatus.DRAFT,
            starts_at_local=schedule.starts_at_local,
            ends_at_local=schedule.ends_at_local,
            timezone=city.timezone,
            starts_at=schedule.starts_at,
            ends_at=schedule.ends_at,
            online=venue is None,
            url=f"https://events.example/{slug}" if self.chance.random() < 0.2 else None,
            published_at=None,
            created_by=self.chance.choice(house.managers),
            created_at=created_at,
            updated_at=created_at,
        )

    def _tiers(self, event: Event, city: City) -> list[TicketTier]:
        chance = self.chance
        luck = chance.random()
        names = ("Free entry",) if luck < 0.28 else chance.choice(_OFFERS) if luck < 0.92 else _LONG_OFFER
        price = city.unit * chance.randrange(1, 13)
        at = event.created_at
        tiers: list[TicketTier] = []
        for position, name in enumerate(names):
            at += timedelta(seconds=chance.randrange(20, 600))
            early = name == "Early bird"
            tier = TicketTier(
                event_id=event.id,
                id=TicketTierId(self.ids.new(microseconds(at))),
                name=name,
                description="For everybody who decides early." if early else None,
                price_minor=price * _PRICE_PERCENT[name] // 100,
                currency=city.currency,
                sales_start_at=None,
                sales_end_at=at + (event.starts_at - at) / 2 if early else None,
                per_person_limit=chance.choice(_LIMITS),
                position=position,
                created_at=at,
                updated_at=at,
            )
            tiers.append(tier)
        return tiers

    def _sale(self, event: Event, tiers: list[TicketTier], course: Course, demand: int) -> tuple[Sale, datetime]:
        """What guests meet, and when the event is taken off sale if its course says so."""
        chance = self.chance
        opens = event.created_at + _DAY
        closes = min(self.plan.volume.present - _QUIET, event.starts_at)
        if course.moves[2:3] and not course.over:
            closes = opens + (closes - opens) * chance.uniform(0.6, 0.95)
        first, last = microseconds(opens), microseconds(closes)
        windows = [(first, min(last, microseconds(tier.sales_end_at)) if tier.sales_end_at else last) for tier in tiers]
        sold_out = demand >= 12 and chance.random() < 0.12
        return Sale(demand, first, last, windows, [tier.per_person_limit for tier in tiers], sold_out), closes

    def _capacity(self, sale: Sale, takings: Takings) -> int | None:
        chance, most = self.chance, sum(takings.most)
        if not most:
            usual = _SMALLEST + int((_LARGEST + 1 - _SMALLEST) * chance.random() ** 2)
            return None if chance.random() < 0.08 else _SIZES[usual]
        if takings.sold_out:
            possible = sum(sale.limits[claim.tier] or QUANTITY_LIMIT for claim in takings.claims)
            capacity = _SIZES[max(bisect_left(_SIZES, most), _SMALLEST)] if most <= _SIZES[-1] else most
            if capacity <= possible:
                self.guests.fill(sale, takings, capacity)
                return capacity
            if most >= _SIZES[_SMALLEST]:
                return most
        if chance.random() < 0.08 or most > _SIZES[-1]:
            return None
        # Most are a third full or better, some have far more places than guests.
        wanted = max(most / (0.05 + 0.95 * chance.random() ** 0.6), _SIZES[_SMALLEST])
        return _SIZES[bisect_left(_SIZES, wanted if wanted <= _SIZES[_LARGEST] else most)]

    def _quota(self, place: int, takings: Takings, capacity: int | None) -> int | None:
        luck, most = self.chance.random(), takings.most[place]
        if place == 0 or luck < 0.5 or most > _SIZES[-1]:
            return None
        if luck > 0.9 and most >= 5 and not takings.returned[place]:
            return most
        quota = _SIZES[bisect_left(_SIZES, max(most, 1))]
        return quota if capacity is None else min(quota, capacity)

    def _story(self, event: Event, course: Course, sale: Sale, moved_at: datetime) -> _Story:
        """Take the event through its course."""
        chance, quiet = self.chance, self.plan.volume.present - _QUIET
        story = _Story(event)
        status, version, published_at = event.status, 1, None
        # Ticket tiers take at most forty minutes; see `_tiers`.
        at = event.created_at + timedelta(minutes=40)
        for action in course.moves:
            reason: str | None = None
            if action in PUBLIC:
                at += timedelta(seconds=chance.randrange(60, 36_000))
            elif action is EventAction.ARCHIVE:
                at = max(at, event.ends_at) if course.over else at
                at += (quiet - at) * chance.random()
            else:
                at = moved_at if course.sells else at + (quiet - at) * chance.random()
                reason = chance.choice(REASONS)
            version += 1
            line = facts.event_moved(
                event.id, status, action, version=version, reason=reason, actor_id=event.created_by, at=at
            )
            (story.before if action in PUBLIC else story.after).append(line)
            status = TRANSITIONS[action].target
            if action is EventAction.PUBLISH:
                published_at = at
                if chance.random() < 0.06:
                    at = moment(sale.opens + (sale.closes - sale.opens) // 2)
                    version += 1
                    self._edit(story, version, at)
        if course.reviewed:
            status, version = EventStatus.IN_REVIEW, 2
            waiting = replace(event, status=status, version=version, updated_at=at)
            fact = events.updated_fact(event, waiting, actor_id=event.created_by, reason=None)
            story.before.append(facts.line_of(fact, actor_id=event.created_by, at=at))
        if version > 1:
            story.event = replace(story.event, status=status, version=version, published_at=published_at, updated_at=at)
        return story

    def _edit(self, story: _Story, version: int, at: datetime) -> None:
        """Somebody ticks off the summary while the event is on sale."""
        before = replace(story.event, version=version - 1)
        summary = f"{before.summary} ✓" if before.summary else "✓"
        story.event = replace(before, summary=summary, version=version, updated_at=at)
        fact = events.updated_fact(before, story.event, actor_id=before.created_by, reason="Wording.")
        story.between.append(facts.line_of(fact, actor_id=before.created_by, at=at))

    def _add_rows(
        self,
        batch: Batch,
        event: Event,
        tiers: list[TicketTier],
        quotas: list[int | None],
        *,
        capacity: int | None,
        takings: Takings,
        version: int,
    ) -> None:
        batch.events += 1
        batch.add(EVENTS, EVENTS.row_of(event))
        batch.add(EVENT_HEADS, EVENT_HEADS.row(event.id, version, event.sales_open, event.ends_at))
        own = CAPACITY_POOLS.row(event.id, event.id, PoolKind.EVENT, capacity, sum(takings.confirmed))
        batch.add(CAPACITY_POOLS, own)
        for tier, quota, taken in zip(tiers, quotas, takings.confirmed, strict=True):
            batch.add(TICKET_TIERS, TICKET_TIERS.row_of(tier))
            batch.add(CAPACITY_POOLS, CAPACITY_POOLS.row(event.id, tier.id, PoolKind.TICKET_TIER, quota, taken))


def _existing(local: datetime, zone: str) -> tuple[datetime, datetime]:
    """A wall-clock time that clocks show, an hour later than asked if they skip that one, and its instant."""
    try:
        return local, instant(local, zone)
    except errors.Refusal:
        # The only one that a time and a zone can meet with.
        local += timedelta(hours=1)
        return local, instant(local, zone)
