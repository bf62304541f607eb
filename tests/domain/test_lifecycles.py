"""The life of an event: every status meets every action, and what is announced is what happens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.lifecycles import (
    TRANSITIONS,
    EventState,
    EventStatus,
    obstacle,
    prospects,
    require,
    status_at,
)
from domain.permissions import EventAction

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORED = [status for status in EventStatus if status not in {EventStatus.LIVE, EventStatus.ENDED}]

S = EventStatus
LEADS_TO = {
    (S.DRAFT, EventAction.SUBMIT): S.APPROVED,
    (S.APPROVED, EventAction.PUBLISH): S.PUBLISHED,
    (S.POSTPONED, EventAction.PUBLISH): S.PUBLISHED,
    (S.PUBLISHED, EventAction.POSTPONE): S.POSTPONED,
    (S.LIVE, EventAction.POSTPONE): S.POSTPONED,
    (S.IN_REVIEW, EventAction.CANCEL): S.CANCELLED,
    (S.APPROVED, EventAction.CANCEL): S.CANCELLED,
    (S.PUBLISHED, EventAction.CANCEL): S.CANCELLED,
    (S.LIVE, EventAction.CANCEL): S.CANCELLED,
    (S.POSTPONED, EventAction.CANCEL): S.CANCELLED,
    (S.DRAFT, EventAction.ARCHIVE): S.ARCHIVED,
    (S.ENDED, EventAction.ARCHIVE): S.ARCHIVED,
    (S.CANCELLED, EventAction.ARCHIVE): S.ARCHIVED,
}
"""The whole table once more, in the words of a tester: what is absent is refused."""


def event(shown: EventStatus, *, online: bool = True, venue: bool = False) -> EventState:
    """An event that the world sees in the status now."""
    hours = {S.LIVE: (-1, 1), S.ENDED: (-2, -1)}.get(shown, (1, 2))
    stored = S.PUBLISHED if shown in {S.LIVE, S.ENDED} else shown
    return EventState(stored, NOW + hours[0] * HOUR, NOW + hours[1] * HOUR, UUID(int=1) if venue else None, online)


EVENTS = st.builds(
    EventState,
    status=st.sampled_from(STORED),
    starts_at=st.integers(-5, 5).map(lambda hours: NOW + hours * HOUR),
    ends_at=st.integers(-4, 8).map(lambda hours: NOW + hours * HOUR),
    venue_id=st.none() | st.just(UUID(int=1)),
    online=st.booleans(),
)


@pytest.mark.parametrize("status", EventStatus)
@pytest.mark.parametrize("action", TRANSITIONS)
def test_every_action_leads_where_the_table_says_or_is_refused_with_a_reason(
    status: EventStatus, action: EventAction
) -> None:
    transition, now = TRANSITIONS[action], event(status)

    target = LEADS_TO.get((status, action))
    if target:
        require(transition, now, NOW)
        assert transition.target is target
    else:
        with pytest.raises(errors.TransitionNotAllowed) as refused:
            require(transition, now, NOW)
        assert refused.value.params["status"] == status
        assert refused.value.params["target"] == transition.target
        assert refused.value.message.endswith(".")


@given(EVENTS, st.sets(st.sampled_from(sorted(TRANSITIONS))))
def test_prospects_name_every_other_status_and_agree_with_what_would_happen(
    state: EventState, allowed: set[EventAction]
) -> None:
    found = prospects(state, NOW, allowed=lambda action: action in allowed)

    current = status_at(state.status, state.starts_at, state.ends_at, NOW)
    assert [prospect.to for prospect in found] == [status for status in EventStatus if status is not current]
    for prospect in found:
        ways = [action for action in allowed if TRANSITIONS[action].target is prospect.to]
        possible = any(obstacle(TRANSITIONS[action], state, NOW) is None for action in ways)
        assert prospect.allowed is possible
        assert (prospect.reason is None) is prospect.allowed
        if prospect.reason is not None:
            assert prospect.reason[0].isupper()
            assert prospect.reason.endswith(".")


@pytest.mark.parametrize("action", [EventAction.SUBMIT, EventAction.PUBLISH])
def test_an_event_without_a_place_stays_unpublished(action: EventAction) -> None:
    status = {EventAction.SUBMIT: S.DRAFT, EventAction.PUBLISH: S.APPROVED}[action]

    assert "venue" in str(obstacle(TRANSITIONS[action], event(status, online=False), NOW))
    assert obstacle(TRANSITIONS[action], event(status, online=False, venue=True), NOW) is None


@pytest.mark.parametrize("status", [S.APPROVED, S.POSTPONED])
def test_an_event_that_is_over_is_not_published_any_more(status: EventStatus) -> None:
    over = replace(event(status), starts_at=NOW - HOUR, ends_at=NOW)

    assert "past" in str(obstacle(TRANSITIONS[EventAction.PUBLISH], over, NOW))


def test_an_event_that_has_begun_is_published_until_it_ends() -> None:
    begun = replace(event(S.APPROVED), starts_at=NOW - HOUR, ends_at=NOW + HOUR)

    assert obstacle(TRANSITIONS[EventAction.PUBLISH], begun, NOW) is None


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (NOW - timedelta(microseconds=1), S.PUBLISHED),
        (NOW, S.LIVE),
        (NOW + HOUR - timedelta(microseconds=1), S.LIVE),
        (NOW + HOUR, S.ENDED),
    ],
)
def test_a_published_event_goes_live_at_its_start_and_ends_at_its_end(now: datetime, shown: EventStatus) -> None:
    assert status_at(S.PUBLISHED, NOW, NOW + HOUR, now) is shown


@pytest.mark.parametrize("status", [status for status in STORED if status is not S.PUBLISHED])
def test_the_clock_changes_no_other_status(status: EventStatus) -> None:
    assert status_at(status, NOW - 2 * HOUR, NOW - HOUR, NOW) is status


def test_nothing_is_allowed_to_whom_nothing_is_granted() -> None:
    found = prospects(event(S.PUBLISHED), NOW, allowed=lambda _: False)

    assert [prospect for prospect in found if prospect.allowed] == []
