"""Commands on ticket tiers and venues: checked as a whole, counted and told only when something changed."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import pytest

from domain import errors, ticket_tiers, venues
from domain.ids import TicketTierId, VenueId
from domain.journal import FactKind
from domain.ticket_tiers import TIERS_LIMIT, CreateTicketTier, TicketTier, TicketTierDetails, UpdateTicketTier
from domain.venues import CreateVenue, UpdateVenue, VenueDetails
from tests.domain.made import EVENT, LATER, NOW, ORGANIZATION, TIER, VENUE, a_tier, a_venue, changes

Quota = int | Literal["unchanged"] | None


def created(details: TicketTierDetails, quota: int | None = None, position: int = 0) -> TicketTier:
    command = CreateTicketTier(EVENT, details, quota)
    return ticket_tiers.create(command, ticket_tier_id=TicketTierId(UUID(int=9)), position=position, now=NOW)


def updated(details: TicketTierDetails, quota: Quota = "unchanged") -> TicketTier:
    command = UpdateTicketTier(EVENT, TIER, details, quota, expected_version=None)
    return ticket_tiers.update(a_tier(), command, LATER)


def refused_for(refused: pytest.ExceptionInfo[errors.Refused]) -> list[tuple[str, tuple[str, ...]]]:
    return [(refusal.code, refusal.path) for refusal in refused.value.refusals]


def test_a_tier_has_a_name_and_a_price() -> None:
    tier = created(TicketTierDetails(name=" Early bird ", price_minor=0, currency="EUR"), quota=0)

    assert (tier.name, tier.price_minor, tier.version, tier.position) == ("Early bird", 0, 1, 0)
    assert ticket_tiers.created_fact(tier, quota=0).data["version"] == 1


def test_everything_that_is_wrong_with_a_tier_is_named_at_once() -> None:
    with pytest.raises(errors.Refused) as refused:
        created(
            TicketTierDetails(
                name="",
                description="x" * 2_001,
                price_minor=-1,
                currency="XXX",
                sales_start_at=datetime(1999, 1, 1, tzinfo=UTC),
                sales_end_at=datetime(1998, 1, 1, tzinfo=UTC),
                per_person_limit=0,
            ),
            quota=-1,
        )

    assert sorted(refused_for(refused)) == sorted(
        [
            ("OUT_OF_RANGE", ("price", "amount_minor")),
            ("INVALID", ("price", "currency")),
            ("OUT_OF_RANGE", ("per_person_limit",)),
            ("OUT_OF_RANGE", ("sales_start_at",)),
            ("OUT_OF_RANGE", ("sales_end_at",)),
            ("END_BEFORE_START", ("sales_end_at",)),
            ("REQUIRED", ("name",)),
            ("TOO_LONG", ("description",)),
            ("OUT_OF_RANGE", ("quota",)),
        ]
    )


def test_an_event_has_only_so_many_tiers() -> None:
    given = TicketTierDetails(name="One more", price_minor=0, currency="EUR")

    assert created(given, position=TIERS_LIMIT - 1).position == TIERS_LIMIT - 1
    with pytest.raises(errors.TooManyTicketTiers) as refused:
        created(given, position=TIERS_LIMIT)
    assert refused.value.params == {"limit": TIERS_LIMIT}


def test_sales_end_after_they_start_also_when_only_one_of_both_is_edited() -> None:
    with pytest.raises(errors.Refused) as refused:
        updated(TicketTierDetails(sales_start_at=LATER, sales_end_at=LATER))

    assert refused_for(refused) == [("END_BEFORE_START", ("sales_end_at",))]
    assert updated(TicketTierDetails(sales_start_at=LATER)).sales_start_at == LATER


def test_an_edit_of_a_tier_without_a_change_is_no_edit() -> None:
    assert updated(TicketTierDetails(name=" Standard ", description="")) == a_tier()


def test_an_edit_of_a_tier_counts_and_tells_before_and_after() -> None:
    after = updated(TicketTierDetails(price_minor=2_000))

    fact = ticket_tiers.updated_fact(a_tier(), after)

    assert (after.version, after.updated_at) == (4, LATER)
    assert fact.kind is FactKind.TICKET_TIER_UPDATED
    assert (fact.object_id, changes(fact)) == (TIER, {"price_minor": [1_500, 2_000]})


def test_the_first_line_of_a_tier_tells_its_quota() -> None:
    told = changes(ticket_tiers.created_fact(a_tier(), quota=7))

    assert isinstance(told, dict)
    assert told["quota"] == [None, 7]
    assert "version" not in told


@pytest.mark.parametrize("quota", [-1, 1_000_001])
def test_a_quota_lies_within_bounds(quota: int) -> None:
    with pytest.raises(errors.Refused) as refused:
        updated(TicketTierDetails(), quota)

    assert refused_for(refused) == [("OUT_OF_RANGE", ("quota",))]


def test_sales_windows_lie_in_sane_years() -> None:
    with pytest.raises(errors.Refused) as refused:
        updated(TicketTierDetails(sales_end_at=datetime(2200, 1, 1, tzinfo=UTC)))

    assert refused_for(refused) == [("OUT_OF_RANGE", ("sales_end_at",))]
    assert updated(TicketTierDetails(sales_end_at=datetime(2200, 1, 1, tzinfo=UTC) - timedelta(seconds=1)))


# --- Venues ---------------------------------------------------------------------------------------------------------


def test_a_venue_is_named_placed_and_has_a_clock() -> None:
    details = VenueDetails(name=" Hall ", city="Ljubljana", country="SI", timezone="Europe/Ljubljana", address=" ")

    venue, fact = venues.create(CreateVenue(ORGANIZATION, details), venue_id=VenueId(UUID(int=9)), now=NOW)

    assert (venue.name, venue.address, venue.version) == ("Hall", None, 1)
    assert fact.kind is FactKind.VENUE_CREATED
    assert fact.object_id == venue.id


def test_everything_that_a_venue_lacks_is_named_at_once() -> None:
    with pytest.raises(errors.Refused) as refused:
        venues.create(CreateVenue(ORGANIZATION, VenueDetails()), venue_id=VENUE, now=NOW)

    assert refused_for(refused) == [("REQUIRED", (name,)) for name in ("name", "city", "country", "timezone")]


def test_everything_that_is_wrong_with_a_venue_is_named_at_once() -> None:
    wrong = VenueDetails(name="", address="x" * 501, city="x" * 121, country="UK", timezone="GMT", capacity=0)

    with pytest.raises(errors.Refused) as refused:
        venues.update(a_venue(), UpdateVenue(VENUE, wrong, expected_version=None), LATER)

    assert sorted(refused_for(refused)) == sorted(
        [
            ("OUT_OF_RANGE", ("capacity",)),
            ("REQUIRED", ("name",)),
            ("TOO_LONG", ("address",)),
            ("TOO_LONG", ("city",)),
            ("INVALID", ("country",)),
            ("INVALID", ("timezone",)),
        ]
    )


def test_an_edit_of_a_venue_without_a_change_is_no_edit() -> None:
    venue, fact = venues.update(a_venue(), UpdateVenue(VENUE, VenueDetails(name="Hall"), None), LATER)

    assert (venue, fact) == (a_venue(), None)


def test_an_edit_of_a_venue_counts_and_tells_before_and_after() -> None:
    venue, fact = venues.update(a_venue(), UpdateVenue(VENUE, VenueDetails(capacity=10), None), LATER)

    assert (venue.version, venue.updated_at) == (4, LATER)
    assert changes(fact) == {"capacity": [None, 10]}
