"""Commands on events: what an edit changes, counts and tells, and what it is refused for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import pytest

from domain import errors, events
from domain.events import CopyEvent, CreateEvent, Event, EventDetails, MoveEvent, UpdateEvent
from domain.ids import EventId
from domain.journal import FactKind
from domain.lifecycles import EDITABLE, EventStatus
from domain.permissions import EventAction
from domain.time import AmbiguousHour
from tests.domain.made import EVENT, LATER, NOW, ORGANIZATION, SOMEBODY, USER, VENUE, an_event, changes, local

NEW = EventId(UUID("00000000-0000-0000-0000-0000deadbeef"))
FIRST = AmbiguousHour.FIRST


def details(**given: object) -> EventDetails:
    made = EventDetails(
        title="Evening",
        category="Music",
        starts_at_local=local("2026-12-03T18:00"),
        ends_at_local=local("2026-12-03T21:00"),
        timezone="Europe/Ljubljana",
    )
    made.update(given)  # pyright: ignore[reportArgumentType, reportCallIssue] - tests also give what is wrong
    return made


def created(given: EventDetails, *, capacity: int | None = None) -> Event:
    command = CreateEvent(ORGANIZATION, given, capacity, FIRST)
    return events.create(command, event_id=NEW, actor_id=USER, now=NOW)


def updated(
    event: Event,
    given: EventDetails,
    *,
    capacity: int | Literal["unchanged"] | None = "unchanged",
    reason: str | None = None,
    now: datetime = LATER,
) -> Event:
    command = UpdateEvent(event.id, given, capacity, FIRST, reason, expected_version=None)
    return events.update(event, command, now)


def refused_for(refused: pytest.ExceptionInfo[errors.Refused]) -> list[tuple[str, tuple[str, ...]]]:
    return [(refusal.code, refusal.path) for refusal in refused.value.refusals]


def test_a_draft_has_its_instants_and_a_slug_of_its_title_and_id() -> None:
    event = created(details(title="  Čarobni večer "))

    assert event.status is EventStatus.DRAFT
    assert event.title == "Čarobni večer"
    assert event.slug == "carobni-vecer-deadbeef"
    assert event.starts_at == datetime(2026, 12, 3, 17, tzinfo=UTC)
    assert event.version == 1
    assert event.created_by == USER


def test_everything_that_a_draft_lacks_is_named_at_once() -> None:
    with pytest.raises(errors.Refused) as refused:
        created(EventDetails())

    assert refused_for(refused) == [
        ("REQUIRED", (name,)) for name in ("title", "category", "starts_at_local", "ends_at_local", "timezone")
    ]


def test_everything_that_is_wrong_with_a_draft_is_named_at_once() -> None:
    with pytest.raises(errors.Refused) as refused:
        created(
            details(
                title="",
                category="x" * 61,
                slug="No Slug",
                summary="x" * 501,
                description="<script>",
                tags=("a\x00",),
                url="javascript:x",
                timezone="EST",
            ),
            capacity=0,
        )

    assert sorted(refused_for(refused)) == sorted(
        [
            ("OUT_OF_RANGE", ("capacity",)),
            ("REQUIRED", ("title",)),
            ("TOO_LONG", ("category",)),
            ("INVALID", ("slug",)),
            ("TOO_LONG", ("summary",)),
            ("HTML_NOT_ALLOWED", ("description",)),
            ("INVALID_TEXT", ("tags", "0")),
            ("INVALID", ("url",)),
            ("INVALID", ("timezone",)),
        ]
    )


@pytest.mark.parametrize("ends", ["2026-12-03T18:00", "2026-12-03T17:59", "2025-12-03T21:00"])
def test_an_event_ends_after_it_starts(ends: str) -> None:
    with pytest.raises(errors.Refused) as refused:
        created(details(ends_at_local=local(ends)))

    assert refused_for(refused) == [("END_BEFORE_START", ("ends_at_local",))]


def test_an_event_lasts_a_year_at_most() -> None:
    with pytest.raises(errors.Refused) as refused:
        created(details(ends_at_local=local("2027-12-05T18:00")))

    assert refused_for(refused) == [("INVALID", ("ends_at_local",))]


def test_the_order_of_start_and_end_is_that_of_the_instants_not_of_the_wall_clock() -> None:
    doubled = details(starts_at_local=local("2026-10-25T02:30"), ends_at_local=local("2026-10-25T02:15"))

    with pytest.raises(errors.Refused):
        created(doubled)
    hour = details(starts_at_local=local("2026-10-25T01:30"), ends_at_local=local("2026-10-25T03:30"))
    event = created(hour)
    assert event.ends_at - event.starts_at == timedelta(hours=3)


def test_the_second_of_two_equal_hours_is_taken_when_asked_for() -> None:
    given = details(starts_at_local=local("2026-10-25T02:30"), ends_at_local=local("2026-10-25T05:00"))

    second = events.create(
        CreateEvent(ORGANIZATION, given, None, AmbiguousHour.SECOND), event_id=NEW, actor_id=USER, now=NOW
    )

    assert second.starts_at - created(given).starts_at == timedelta(hours=1)


def test_an_edit_without_a_change_is_no_edit() -> None:
    event = an_event()

    again = updated(event, EventDetails(title=" Evening ", tags=("JAZZ",), summary=" ", online=True))

    assert again == event
    assert again.version == event.version


def test_an_edit_counts_and_tells_each_field_before_and_after() -> None:
    before = an_event()

    after = updated(before, EventDetails(title="Night", tags=("jazz", "soul")))
    fact = events.updated_fact(before, after, actor_id=SOMEBODY, reason=None)

    assert (after.version, after.updated_at) == (before.version + 1, LATER)
    assert fact.kind is FactKind.EVENT_UPDATED
    assert fact.data == {
        "version": after.version,
        "changes": {"title": ["Evening", "Night"], "tags": [["jazz"], ["jazz", "soul"]]},
    }
    assert (fact.private, fact.subject_id) == ({}, None)


def test_a_reason_is_told_only_in_private_and_belongs_to_its_author() -> None:
    before = an_event()
    after = updated(before, EventDetails(title="Night"), reason="The singer is ill.")

    fact = events.updated_fact(before, after, actor_id=SOMEBODY, reason="The singer is ill.")

    assert "ill" not in str(fact.data)
    assert fact.private == {"reason": "The singer is ill."}
    assert fact.subject_id == SOMEBODY


def test_another_zone_moves_the_instants_and_leaves_the_wall_clock() -> None:
    before = an_event()

    after = updated(before, EventDetails(timezone="America/New_York"))

    assert after.starts_at_local == before.starts_at_local
    assert after.starts_at - before.starts_at == timedelta(hours=6)


@pytest.mark.parametrize("status", [EventStatus.CANCELLED, EventStatus.ARCHIVED])
def test_what_is_over_is_not_edited(status: EventStatus) -> None:
    with pytest.raises(errors.EventIsNotEditable) as refused:
        updated(an_event(status), EventDetails(title="Night"))

    assert refused.value.params == {"status": status}


def test_an_event_that_has_ended_is_not_edited_although_it_is_stored_as_published() -> None:
    with pytest.raises(errors.EventIsNotEditable) as refused:
        updated(an_event(EventStatus.PUBLISHED), EventDetails(title="Night"), now=datetime(2026, 12, 4, tzinfo=UTC))

    assert refused.value.params == {"status": EventStatus.ENDED}


@pytest.mark.parametrize("status", sorted(EDITABLE - {EventStatus.DRAFT, EventStatus.IN_REVIEW, EventStatus.LIVE}))
def test_an_event_past_its_draft_keeps_a_place(status: EventStatus) -> None:
    with pytest.raises(errors.Refused) as refused:
        updated(an_event(status), EventDetails(online=False))

    assert refused_for(refused) == [("PLACE_MISSING", ("venue_id",))]
    assert updated(an_event(status), EventDetails(online=False, venue_id=VENUE)).venue_id == VENUE


def test_a_draft_may_lose_its_place_and_lie_in_the_past() -> None:
    past = EventDetails(
        online=False, starts_at_local=local("2020-01-01T10:00"), ends_at_local=local("2020-01-01T12:00")
    )

    assert updated(an_event(), past).starts_at.year == 2020


def test_a_published_event_is_not_moved_into_the_past() -> None:
    past = EventDetails(starts_at_local=local("2020-01-01T10:00"), ends_at_local=local("2020-01-01T12:00"))

    with pytest.raises(errors.Refused) as refused:
        updated(an_event(EventStatus.PUBLISHED), past)

    assert refused_for(refused) == [("IN_THE_PAST", ("ends_at_local",))]


@pytest.mark.parametrize("capacity", [0, -1, 1_000_001])
def test_a_capacity_lies_within_bounds(capacity: int) -> None:
    with pytest.raises(errors.Refused) as refused:
        updated(an_event(), EventDetails(), capacity=capacity)

    assert refused_for(refused) == [("OUT_OF_RANGE", ("capacity",))]


def test_a_move_counts_as_an_edit_and_tells_its_reason_in_private() -> None:
    before = an_event(EventStatus.PUBLISHED)

    after, fact = events.move(
        before, MoveEvent(EVENT, EventAction.CANCEL, "Nobody comes.", None), actor_id=SOMEBODY, now=LATER
    )

    assert (after.status, after.version, after.updated_at) == (EventStatus.CANCELLED, before.version + 1, LATER)
    assert fact.kind is FactKind.EVENT_CANCELLED
    assert fact.data == {"version": after.version, "changes": {"status": ["PUBLISHED", "CANCELLED"]}}
    assert (fact.private, fact.subject_id) == ({"reason": "Nobody comes."}, SOMEBODY)


def test_the_first_publication_is_remembered_for_ever() -> None:
    publish = MoveEvent(EVENT, EventAction.PUBLISH, None, None)
    postpone = MoveEvent(EVENT, EventAction.POSTPONE, None, None)

    published, fact = events.move(an_event(EventStatus.APPROVED), publish, actor_id=USER, now=NOW)
    postponed, _ = events.move(published, postpone, actor_id=USER, now=LATER)
    again, _ = events.move(postponed, publish, actor_id=USER, now=LATER)

    assert published.published_at == again.published_at == NOW
    assert changes(fact) == {"status": ["APPROVED", "PUBLISHED"], "published_at": [None, NOW.isoformat()]}


def test_a_move_that_the_table_refuses_changes_nothing() -> None:
    with pytest.raises(errors.TransitionNotAllowed):
        events.move(an_event(), MoveEvent(EVENT, EventAction.PUBLISH, None, None), actor_id=USER, now=NOW)


@pytest.mark.parametrize("reason", ["x" * 1_001, "bell\a"])
def test_a_reason_is_text_of_a_decent_length(reason: str) -> None:
    with pytest.raises(errors.Refused) as refused:
        events.move(an_event(), MoveEvent(EVENT, EventAction.SUBMIT, reason, None), actor_id=USER, now=NOW)

    assert [path for _, path in refused_for(refused)] == [("reason",)]


def test_a_copy_is_a_new_draft_with_the_details_of_its_source() -> None:
    source = replace(an_event(EventStatus.ENDED), status=EventStatus.PUBLISHED, published_at=NOW)

    copied = events.copy(
        source,
        CopyEvent(EVENT, EventDetails(title="Second evening"), FIRST),
        event_id=NEW,
        actor_id=SOMEBODY,
        now=LATER,
    )

    assert copied.status is EventStatus.DRAFT
    assert (copied.version, copied.published_at, copied.created_by) == (1, None, SOMEBODY)
    assert copied.slug == "second-evening-deadbeef"
    assert (copied.category, copied.tags, copied.starts_at) == (source.category, source.tags, source.starts_at)


def test_the_first_line_of_a_stream_tells_everything_that_was_given() -> None:
    event = created(details(), capacity=10)

    fact = events.created_fact(event, capacity=10)

    told = changes(fact)
    assert isinstance(told, dict)
    assert told["title"] == [None, "Evening"]
    assert told["capacity"] == [None, 10]
    assert told["starts_at"] == [None, "2026-12-03T17:00:00+00:00"]
    assert "version" not in told


def test_the_first_line_of_a_copy_names_its_source() -> None:
    fact = events.created_fact(created(details()), capacity=None, source_id=EVENT)

    assert (fact.kind, fact.data["source_id"]) == (FactKind.EVENT_COPIED, str(EVENT))


@pytest.mark.parametrize("status", EventStatus)
def test_places_are_sold_while_an_event_is_published(status: EventStatus) -> None:
    assert an_event(status).sales_open is (status is EventStatus.PUBLISHED)
