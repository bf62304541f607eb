"""The lists that can be read: which rows, for whom, in which order."""

import re
from datetime import datetime

from db import search
from db.nouns import RELATIONS, columns_of, select_list
from db.pages import Listing, Order
from db.visibility import FALSE, TABLES, TRUE, Binds, visible
from domain import errors
from domain.lifecycles import EventStatus
from domain.permissions import Viewer
from domain.queries import (
    WINDOW_ORDERS,
    EventFilter,
    EventOrder,
    EventQuery,
    ImportResultQuery,
    RegistrationQuery,
    UserFilter,
    WaitlistQuery,
)
from domain.rows import ImportResultRow

_BY_START = ("event.starts_at", "timestamptz")
_EVENT_ORDERS = {
    EventOrder.STARTS_AT_ASC: Order(EventOrder.STARTS_AT_ASC, *_BY_START, "event.id"),
    EventOrder.STARTS_AT_DESC: Order(EventOrder.STARTS_AT_DESC, *_BY_START, "event.id", descending=True),
    EventOrder.CREATED_AT_DESC: Order(
        EventOrder.CREATED_AT_DESC, "event.created_at", "timestamptz", "event.id", descending=True
    ),
    EventOrder.TITLE_ASC: Order(EventOrder.TITLE_ASC, 'lower(event.title) COLLATE "C"', "text", "event.id"),
    EventOrder.RELEVANCE: Order(EventOrder.RELEVANCE, search.RANK, "bigint", "event.id", descending=True),
}

# Which stored status and which side of the clock make each status that the world sees.
_STATUS_SQL = {
    EventStatus.PUBLISHED: "(event.status = 'PUBLISHED' AND event.starts_at > {now})",
    EventStatus.LIVE: "(event.status = 'PUBLISHED' AND event.starts_at <= {now} AND event.ends_at > {now})",
    EventStatus.ENDED: "(event.status = 'PUBLISHED' AND event.ends_at <= {now})",
}

_HAS_PLACES = (
    "({0}.capacity IS NULL OR {0}.capacity + {0}.overbooking > {0}.confirmed + {0}.held + {0}.offered + {0}.blocked)"
)
_AVAILABLE = f"""(event.status = 'PUBLISHED' AND event.ends_at > {{now}} AND EXISTS (
    SELECT FROM capacity_pools AS event_pool
    JOIN ticket_tiers AS tier ON tier.event_id = event.id
    JOIN capacity_pools AS tier_pool ON tier_pool.event_id = event.id AND tier_pool.id = tier.id
    WHERE event_pool.event_id = event.id AND event_pool.kind = 'EVENT'
        AND {_HAS_PLACES.format("event_pool")} AND {_HAS_PLACES.format("tier_pool")}
        AND (tier.shared_pool_ids = '{{{{}}}}' OR NOT EXISTS (
            SELECT FROM capacity_pools AS shared_pool
            WHERE shared_pool.event_id = event.id AND shared_pool.id = ANY(tier.shared_pool_ids)
                AND NOT {_HAS_PLACES.format("shared_pool")}
        ))
        AND (tier.sales_start_at IS NULL OR tier.sales_start_at <= {{now}})
        AND (tier.sales_end_at IS NULL OR tier.sales_end_at > {{now}})
))"""


def events(query: EventQuery, viewer: Viewer, now: datetime, *, parent: str | None = None) -> Listing:
    """Events under a filter, in an order, with the relations asked for."""
    binds = Binds()
    searched = query.filter.search is not None
    terms = search.bind(query.filter.search, binds) if query.filter.search is not None else None
    where = [
        *_event_conditions(query.filter, binds, now),
        *([search.matches(terms)] if terms else [FALSE] if searched else []),
        # Visibility comes last: it is the only condition that may have to look elsewhere.
        visible("event", viewer, "event", binds),
    ]
    order = _event_order(query.order, searched=searched)
    filters = len(binds.values)
    columns, joins = _with_relations("event", query.relations, viewer, binds)
    sought = None
    if terms and query.order == EventOrder.RELEVANCE:
        # All that is found has to be ranked.
        joins = search.rank_source(terms) + joins
    elif terms:
        sought = search.sought(terms)
    return Listing(columns, "events AS event", where, order, binds, filters, parent, joins, sought)


def organizations(viewer: Viewer) -> Listing:
    """All organizations by name."""
    binds = Binds()
    order = Order(WINDOW_ORDERS["organizations"], 'lower(organization.name) COLLATE "C"', "text", "organization.id")
    where = [visible("organization", viewer, "organization", binds)]
    filters = len(binds.values)
    columns = select_list(columns_of("organization", viewer, "organization", binds))
    return Listing(columns, "organizations AS organization", where, order, binds, filters)


def members(viewer: Viewer, relations: frozenset[str]) -> Listing:
    """Members of an organization in the order they joined."""
    binds = Binds()
    order = Order(WINDOW_ORDERS["members"], "membership.created_at", "timestamptz", "membership.id")
    where = [visible("membership", viewer, "membership", binds)]
    filters = len(binds.values)
    columns, joins = _with_relations("membership", relations, viewer, binds)
    parent = "membership.organization_id"
    return Listing(columns, "memberships AS membership", where, order, binds, filters, parent, joins)


def venues(viewer: Viewer) -> Listing:
    """Venues of an organization by name."""
    binds = Binds()
    order = Order(WINDOW_ORDERS["venues"], 'lower(venue.name) COLLATE "C"', "text", "venue.id")
    where = [visible("venue", viewer, "venue", binds)]
    filters = len(binds.values)
    columns = select_list(columns_of("venue", viewer, "venue", binds))
    return Listing(columns, "venues AS venue", where, order, binds, filters, "venue.organization_id")


def imports(viewer: Viewer) -> Listing:
    """Imports of an organization, newest first."""
    binds = Binds()
    order = Order(WINDOW_ORDERS["imports"], "import.created_at", "timestamptz", "import.id", descending=True)
    where = [visible("import", viewer, "import", binds)]
    filters = len(binds.values)
    columns = select_list(columns_of("import", viewer, "import", binds))
    return Listing(columns, "imports AS import", where, order, binds, filters, "import.organization_id")


def import_results(query: ImportResultQuery) -> Listing:
    """What came of the rows of an import that the viewer sees already."""
    binds = Binds()
    where: list[str] = []
    if query.outcome is not None:
        where.append(f"result.outcome = ANY({binds.add(list(query.outcome))}::text[])")
    order = Order(WINDOW_ORDERS["import_results"], "result.position", "int", "result.import_id")
    columns = ", ".join(f"result.{name}" for name in ImportResultRow.__annotations__)
    return Listing(columns, "import_results AS result", where, order, binds, len(binds.values), "result.import_id")


def users(viewer: Viewer, criteria: UserFilter) -> Listing:
    """Accounts, oldest first."""
    binds = Binds()
    where: list[str] = []
    if criteria.email is not None:
        where.append(f"lower(account.email) = lower({binds.add(criteria.email)})")
    if criteria.search is not None:
        pattern = "%" + re.sub(r"([%_\\])", r"\\\1", criteria.search) + "%"
        place = binds.add(pattern)
        where.append(f"(account.name ILIKE {place} OR account.email ILIKE {place})")
    if criteria.platform_role is not None:
        where.append(f"account.platform_role = ANY({binds.add(list(criteria.platform_role))}::text[])")
    if criteria.status is not None:
        where.append(f"account.status = {binds.add(criteria.status)}")
    where.append(visible("user", viewer, "account", binds))
    order = Order(WINDOW_ORDERS["users"], "account.created_at", "timestamptz", "account.id")
    filters = len(binds.values)
    columns = select_list(columns_of("user", viewer, "account", binds))
    return Listing(columns, "users AS account", where, order, binds, filters)


def registrations_of_event(query: RegistrationQuery, viewer: Viewer) -> Listing:
    """Registrations of an event, oldest first."""
    order = Order(WINDOW_ORDERS["event_registrations"], "registration.created_at", "timestamptz", "registration.id")
    return _of_tiers("registration", query, viewer, order, parent="registration.event_id")


def registrations_of_user(query: RegistrationQuery, viewer: Viewer) -> Listing:
    """Registrations of a user, newest first."""
    order = Order(
        WINDOW_ORDERS["user_registrations"],
        "registration.created_at",
        "timestamptz",
        "registration.id",
        descending=True,
    )
    return _of_tiers("registration", query, viewer, order, parent="registration.user_id")


def waitlist_of_event(query: WaitlistQuery, viewer: Viewer) -> Listing:
    """Who waits for an event, or has waited, in the order of arrival."""
    order = Order(WINDOW_ORDERS["event_waitlist"], "waitlist_entry.position", "bigint", "waitlist_entry.id")
    return _of_tiers("waitlist_entry", query, viewer, order, parent="waitlist_entry.event_id")


def waitlist_of_user(query: WaitlistQuery, viewer: Viewer) -> Listing:
    """What a user waits for, or has waited for, newest first."""
    order = Order(
        WINDOW_ORDERS["user_waitlist"],
        "waitlist_entry.created_at",
        "timestamptz",
        "waitlist_entry.id",
        descending=True,
    )
    return _of_tiers("waitlist_entry", query, viewer, order, parent="waitlist_entry.user_id")


def blocks(viewer: Viewer) -> Listing:
    """Places kept back at an event, newest first."""
    binds = Binds()
    order = Order(
        WINDOW_ORDERS["blocks"], "capacity_block.created_at", "timestamptz", "capacity_block.id", descending=True
    )
    where = [visible("capacity_block", viewer, "capacity_block", binds)]
    filters = len(binds.values)
    columns = select_list(columns_of("capacity_block", viewer, "capacity_block", binds))
    source = "capacity_blocks AS capacity_block"
    return Listing(columns, source, where, order, binds, filters, "capacity_block.event_id")


def history(viewer: Viewer, parent: str, *, private: bool) -> Listing:
    """The lines of a stream, or about an object of one, newest first."""
    binds = Binds()
    if private:
        seen = TRUE
    elif viewer.user_id is None:
        seen = FALSE
    else:
        seen = f"hidden.subject_id = {binds.add(viewer.user_id)}::uuid"
    columns = (
        "line.stream_id, line.version, line.kind, line.object_id, line.data, hidden.data AS private,"
        " line.actor_id, line.request_id, line.at"
    )
    joins = (
        " LEFT JOIN journal_private AS hidden"
        f" ON hidden.stream_id = line.stream_id AND hidden.version = line.version AND {seen}"
    )
    order = Order(WINDOW_ORDERS["history"], "line.version", "bigint", "line.object_id", descending=True)
    return Listing(columns, "journal AS line", [], order, binds, 0, parent, joins)


def _of_tiers(
    noun: str, query: RegistrationQuery | WaitlistQuery, viewer: Viewer, order: Order, *, parent: str
) -> Listing:
    """A list of what people have, or want, of ticket tiers."""
    binds = Binds()
    where: list[str] = []
    if query.status is not None:
        where.append(f"{noun}.status = ANY({binds.add(list(query.status))}::text[])")
    if query.ticket_tier_id is not None:
        where.append(f"{noun}.ticket_tier_id = {binds.add(query.ticket_tier_id)}::uuid")
    where.append(visible(noun, viewer, noun, binds))
    filters = len(binds.values)
    columns, joins = _with_relations(noun, query.relations, viewer, binds)
    return Listing(columns, f"{TABLES[noun]} AS {noun}", where, order, binds, filters, parent, joins)


def _with_relations(noun: str, names: frozenset[str], viewer: Viewer, binds: Binds) -> tuple[str, str]:
    relations = [relation for name, relation in RELATIONS[noun].items() if name in names]
    lists = [select_list(columns_of(noun, viewer, noun, binds))]
    lists += [select_list(relation.columns(viewer, binds), f"{relation.name}__") for relation in relations]
    return ", ".join(lists), "".join(f"\n{relation.join}" for relation in relations)


def _event_order(name: EventOrder, *, searched: bool) -> Order:
    if name == EventOrder.RELEVANCE and not searched:
        message = "The order RELEVANCE needs a search."
        raise errors.BadInput(message)
    return _EVENT_ORDERS[name]


def _event_conditions(criteria: EventFilter, binds: Binds, now: datetime) -> list[str]:
    where: list[str] = []
    if criteria.status is not None:
        parts = [
            _STATUS_SQL[status].format(now=f"{binds.once('now', now)}::timestamptz")
            if status in _STATUS_SQL
            else f"event.status = '{status}'"
            for status in criteria.status
        ]
        where.append(f"({' OR '.join(parts)})" if parts else FALSE)
    if criteria.category is not None:
        where.append(f"event.category = ANY({binds.add(list(criteria.category))}::text[])")
    if criteria.starts_after is not None:
        where.append(f"event.starts_at >= {binds.add(criteria.starts_after)}::timestamptz")
    if criteria.starts_before is not None:
        where.append(f"event.starts_at < {binds.add(criteria.starts_before)}::timestamptz")
    if criteria.organization_id is not None:
        where.append(f"event.organization_id = {binds.add(criteria.organization_id)}::uuid")
    if criteria.online is not None:
        where.append(f"event.online = {binds.add(criteria.online)}")
    where.extend(_place_conditions(criteria, binds))
    if criteria.has_availability is not None:
        available = _AVAILABLE.format(now=f"{binds.once('now', now)}::timestamptz")
        where.append(available if criteria.has_availability else f"NOT {available}")
    return where


def _place_conditions(criteria: EventFilter, binds: Binds) -> list[str]:
    place: list[str] = []
    if criteria.city is not None:
        place.append(f"lower(place.city) = lower({binds.add(criteria.city)})")
    if criteria.country is not None:
        place.append(f"place.country = upper({binds.add(criteria.country)})")
    if not place:
        return []
    return [f"event.venue_id IN (SELECT place.id FROM venues AS place WHERE {' AND '.join(place)})"]
