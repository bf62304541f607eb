"""Searching for events as a client does it: what is found, what comes first, by whom, and page by page."""

# Other scripts have letters that look like Latin ones, and mean them.
# ruff: noqa: RUF001

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.api import Api, Clock, running_api
from tests.operations.crowd import ADMIN, GUEST, OWNER, connected, make_people
from tests.operations.databases import NOON, own_database
from tests.world import World

SEARCH = """
query ($filter: EventFilter, $order: EventOrder = RELEVANCE, $first: Int, $after: String, $last: Int,
    $before: String) {
  events(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { slug } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""
UPDATE_VENUE = "mutation ($input: UpdateVenueInput!) { updateVenue(input: $input) { problems { code } } }"
UPDATE_ORGANIZATION = (
    "mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) { problems { code } } }"
)
UPDATE_EVENT = "mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { problems { code } } }"

# The first house and its halls are `crowd.py`'s; this one has names to search for.
HOUSE = UUID(int=9 << 76 | 1)
HALL = UUID(int=9 << 76 | 2)
_EVENT = """
INSERT INTO events (id, organization_id, venue_id, slug, title, summary, description, category, tags, status,
    starts_at_local, ends_at_local, timezone, starts_at, ends_at, online, published_at, created_by, created_at,
    updated_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12::timestamptz AT TIME ZONE 'UTC',
    ($12 + interval '1 hour') AT TIME ZONE 'UTC', $11, $12, $12 + interval '1 hour', true,
    CASE WHEN $10 = 'PUBLISHED' THEN $12 END, id, $12, $12
FROM users LIMIT 1
"""


async def add(connection: "asyncpg.Connection[asyncpg.Record]", slug: str, title: str, /, **given: Any) -> None:
    """An event of the searched house; later ones have later ids and starts."""
    number = await connection.fetchval("SELECT count(*)::int FROM events") + 1
    await connection.execute(
        _EVENT,
        UUID(int=10 << 76 | number),
        given.get("organization", HOUSE),
        given.get("venue"),
        slug,
        title,
        given.get("summary"),
        given.get("description"),
        given.get("category", "Misc"),
        given.get("tags", []),
        given.get("status", "PUBLISHED"),
        given.get("zone", "UTC"),
        NOON + timedelta(hours=number),
    )


async def make_house(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.execute(
        "INSERT INTO organizations (id, slug, name, created_at, updated_at)"
        " VALUES ($1, 'searched', 'Glückliche Gesellschaft', $2, $2)",
        HOUSE,
        NOON,
    )
    await connection.execute(
        "INSERT INTO venues (id, organization_id, name, city, country, timezone, created_at, updated_at)"
        " VALUES ($1, $2, 'Cankarjev dom', 'São Paulo', 'BR', 'UTC', $3, $3)",
        HALL,
        HOUSE,
        NOON,
    )


@pytest.fixture(scope="module")
async def world(
    postgres_admin_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[tuple[Api, str]]:
    """The application over a database of its own; each test adds what it looks for, under words of its own."""
    async with own_database(postgres_admin_url) as url:
        await make_people(url, NOON)
        async with connected(url) as connection:
            await make_house(connection)
        async with running_api(url, redis_url, tmp_path_factory.mktemp("home"), Clock(NOON)) as api:
            yield api, url


async def slugs(api: Api, search: str, *, by: str | None = None, order: str = "RELEVANCE", **given: Any) -> list[str]:
    """What is found, in order; the total has to agree."""
    variables = {"filter": {"search": search, **given}, "order": order, "first": 100}
    found = (await api.run(SEARCH, variables, by=by)).data["events"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"]["slug"] for edge in found["edges"]]


# --- What is found --------------------------------------------------------------------------------------------------

FOUND = {
    "a whole word": ("Learning Pythonia together", "UTC", "pythonia"),
    "the start of a word that is typed": ("Zymurgy for all", "UTC", "zy"),
    "the start of any word from three letters on": ("Quixotic zeppelins", "UTC", "qui zepp"),
    "words in any order": ("Walruses meet ocelots", "UTC", "ocelots walruses"),
    "capitals": ("LJUBLJANAESQUE", "UTC", "ljubljanaesque"),
    "small letters for capitals": ("kabukimono", "UTC", "KABUKIMONO"),
    "letters without their accents": ("Ãoxémple São", "UTC", "aoxemple sao"),
    "accents that are not there": ("Naivetee", "UTC", "naïvetée"),
    "accents written as marks of their own": ("Cafe\u0301ologie", "UTC", "caféologie"),
    "the caron": ("Žužemberkova šola", "UTC", "zuzemberkova sola"),
    "sharp s as two letters": ("Hochstraßen", "UTC", "hochstrassen"),
    "two letters as sharp s": ("Tiefstrassen", "UTC", "tiefstraße"),
    "strokes": ("Smørrebrødsøl i Łódźka", "UTC", "smorrebrodsol lodzka"),
    "ligatures": ("Encyclopædiast", "UTC", "encyclopaediast"),
    "the Turkish dotted i": ("İstanbulite", "UTC", "istanbulite"),
    "Cyrillic in any case": ("Московийский вечер", "UTC", "МОСКОВИЙСКИЙ"),
    "yo as ye": ("Ёлочкин праздник", "UTC", "елочкин"),
    "Greek without accents": ("Αθηναϊκή βραδιά", "UTC", "αθηναικη βραδια"),
    "the final sigma": ("Ορφικός κόσμος", "UTC", "ΟΡΦΙΚΟΣ"),
    "English plurals": ("Kayaking workshops", "UTC", "kayak workshop"),
    "English singulars": ("Unicycle lesson", "UTC", "unicycles lessons"),
    "English forms of verbs": ("Juggling while balancing", "UTC", "juggled balances"),
    "German plurals": ("Blumenhäuser", "Europe/Berlin", "Blumenhaus"),
    "German cases": ("Kontrabasskonzerte", "Europe/Vienna", "Kontrabasskonzertes"),
    "French plurals": ("Festivités œnologiques", "Europe/Paris", "festivité oenologique"),
    "Italian plurals": ("Degustazioni gratuite", "Europe/Rome", "degustazione gratuita"),
    "Spanish plurals": ("Bailarines", "America/Mexico_City", "bailarina"),
    "Portuguese plurals": ("Cantores brasileiros", "America/Sao_Paulo", "cantor brasileiro"),
    "Dutch plurals": ("Fietstochten", "Europe/Amsterdam", "fietstocht"),
    "Swedish forms": ("Midsommarfesterna", "Europe/Stockholm", "midsommarfest"),
    "Finnish cases": ("Saunailtojen", "Europe/Helsinki", "saunailtoja"),
    "Hungarian cases": ("Borkóstolóban", "Europe/Budapest", "borkóstoló"),
    "Serbian in one script for the other": ("Београдски концерти", "Europe/Belgrade", "beogradski koncert"),
    "Serbian cases": ("Izložbama", "Europe/Belgrade", "izložbe"),
    "Russian cases": ("Лекциями", "UTC", "лекция"),
    "Greek plurals": ("Μουσεία", "UTC", "μουσείο"),
    "Arabic without vowel signs": ("مُوسيقى", "UTC", "موسيقى"),
    "Hindi": ("हिन्दी संगीतमाला", "UTC", "संगीतमाला"),
    "Korean words by their start": ("음악회에서", "UTC", "음악회"),
    "Chinese words inside a text": ("北京国际爵士音乐节", "UTC", "爵士"),
    "a single Chinese letter": ("上海書展", "UTC", "書"),
    "Japanese words inside a text": ("夏のプログラミング勉強会", "UTC", "勉強会"),
    "half-width katakana": ("ジャズセッション", "UTC", "ｼﾞｬｽﾞ"),
    "Thai words inside a text": ("งานดนตรีแจ๊สกรุงเทพ", "UTC", "ดนตรี"),
    "C++": ("Modern C++ evening", "UTC", "C++ modern"),
    "C#": ("Advanced C# evening", "UTC", "c# advanced"),
    ".NET": ("Async .NET evening", "UTC", ".NET async"),
    "Node.js": ("Serverside Node.js", "UTC", "node.js serverside"),
    "a part of Node.js": ("Clientside Node.js", "UTC", "clientside js"),
    "slashes": ("Tribute to AB/CD", "UTC", "ab/cd"),
    "hyphens": ("A re-enactment-fair", "UTC", "re-enactment"),
    "parts of hyphens": ("A mid-autumnal-walk", "UTC", "autumnal"),
    "apostrophes of any kind": ("L’orangeraie", "UTC", "l'orangeraie"),
    "hashtags": ("#hashtaggery", "UTC", "#hashtaggery"),
    "numbers": ("Anno 47110815", "UTC", "47110815"),
    "a phrase": ("Silent disco tonight", "UTC", '"silent disco"'),
    "a phrase in other quotes": ("Loud piano today", "UTC", "„loud piano“"),
    "a phrase that is being typed": ("Purple rain again", "UTC", '"purple ra'),
    "what has emoji around it": ("🎷saxophonists🎷", "UTC", "🎺 saxophonists 🎉"),
}


@pytest.mark.parametrize("what", FOUND)
async def test_an_event_is_found_by(world: tuple[Api, str], what: str) -> None:
    api, url = world
    title, zone, search = FOUND[what]
    slug = f"found-{list(FOUND).index(what)}"
    async with connected(url) as connection:
        await add(connection, slug, title, zone=zone)

    assert slug in await slugs(api, search)
    assert slug in await slugs(api, search, order="STARTS_AT_ASC")


NOT_FOUND = {
    "one letter": ("Wobbegong", "w"),
    "the end of a word": ("Xenophobic", "phobic"),
    "only some of the words": ("Marmalade", "marmalade sandwich"),
    "a phrase in another order": ("Rumba samba", '"samba rumba"'),
    "a phrase with something between": ("Polka and mazurka", '"polka mazurka"'),
    "a phrase that ends within a word": ("Bossa novas", '"bossa nova"'),
    "C++ for C#": ("Obfuscated C++", "obfuscated C#"),
    "an excluded word": ("Vuvuzela rehearsal", "vuvuzela -rehearsal"),
    "another form of an excluded word": ("Bagpipe rehearsals", "bagpipe -rehearsal"),
    "an excluded phrase": ("Hurdy gurdy", 'hurdy -"hurdy gurdy"'),
    "Chinese letters that do not follow each other": ("成都茶会", "成会"),
}


@pytest.mark.parametrize("what", NOT_FOUND)
async def test_an_event_is_not_found_by(world: tuple[Api, str], what: str) -> None:
    api, url = world
    title, search = NOT_FOUND[what]
    slug = f"not-found-{list(NOT_FOUND).index(what)}"
    async with connected(url) as connection:
        await add(connection, slug, title)

    assert slug not in await slugs(api, search)


async def test_an_excluded_word_excludes_no_longer_ones(world: tuple[Api, str]) -> None:
    api, url = world
    async with connected(url) as connection:
        await add(connection, "artists", "Ukulele artists")
        await add(connection, "art", "Ukulele art")

    assert await slugs(api, "ukulele -art") == ["artists"]


@pytest.mark.parametrize("search", ["", " ", "!!!", "🎷", '""', "- -", "&|():*<->'", "\\"])
async def test_what_holds_no_word_finds_nothing_and_fails_nowhere(world: tuple[Api, str], search: str) -> None:
    api, _ = world
    if search:
        assert await slugs(api, search) == []
        assert await slugs(api, search, order="STARTS_AT_ASC") == []
    answer = await api.run(SEARCH, {"filter": {"search": search}, "order": "TITLE_ASC", "first": 1})
    assert answer.errors == []


async def test_only_exclusions_leave_all_other_events(world: tuple[Api, str]) -> None:
    api, url = world
    async with connected(url) as connection:
        await add(connection, "kept", "Theremin", category="Exclusive")
        await add(connection, "left-out", "Theremin spoons", category="Exclusive")

    assert await slugs(api, "-spoons", category=["Exclusive"]) == ["kept"]


async def test_every_place_is_searched_and_words_may_come_from_different_ones(world: tuple[Api, str]) -> None:
    api, url = world
    async with connected(url) as connection:
        await add(
            connection,
            "everywhere",
            "Alphatitle",
            tags=["betatag"],
            category="Gammacategory",
            summary="Deltasummary",
            description="Some **epsilondescription**, [link](https://zeta.example/etapath)",
            venue=HALL,
        )
    words = "alphatitle betatag gammacategory deltasummary epsilondescription etapath cankarjev sao paulo gluckliche"

    for word in words.split():
        assert "everywhere" in await slugs(api, f"{word} alphatitle"), word
    assert await slugs(api, words) == ["everywhere"]


# --- What comes first -----------------------------------------------------------------------------------------------


async def test_the_place_of_a_word_decides_what_comes_first(world: tuple[Api, str]) -> None:
    api, url = world
    async with connected(url) as connection:
        await connection.execute("UPDATE venues SET name = 'Kazoo hall' WHERE id = $1", HALL)
        await add(connection, "in-description", "One", description="kazoo kazoo kazoo")
        await add(connection, "in-summary", "Two", summary="kazoo kazoo")
        await add(connection, "in-venue", "Three", venue=HALL)
        await add(connection, "in-tags", "Four", tags=["kazoo"])
        await add(connection, "in-title", "Kazoo")
        others = [slug for slug in await slugs(api, "kazoo") if slug == "everywhere"]
        await connection.execute("UPDATE venues SET name = 'Cankarjev dom' WHERE id = $1", HALL)
        await connection.execute("UPDATE events SET venue_id = NULL, tags = '{}' WHERE slug = 'in-venue'")

    assert others in ([], ["everywhere"])
    assert await slugs(api, "kazoo") == ["in-title", "in-tags", "in-summary", "in-description"]


async def test_the_exact_word_comes_before_longer_ones(world: tuple[Api, str]) -> None:
    api, url = world
    async with connected(url) as connection:
        await add(connection, "exact", "Banjo")
        await add(connection, "longer", "Banjolele")

    assert await slugs(api, "banjo") == ["exact", "longer"]


async def test_equal_matches_come_newest_id_first_and_page_without_gaps(world: tuple[Api, str]) -> None:
    api, url = world
    async with connected(url) as connection:
        for number in range(23):
            # Three ranks, each many times.
            where = [{"tags": ["glockenspiel"]}, {"summary": "glockenspiel"}, {"description": "glockenspiel"}][
                number % 3
            ]
            await add(connection, f"equal-{number:02}", "Equal", **where)
    whole = await slugs(api, "glockenspiel")

    expected = [f"equal-{number:02}" for rank in range(3) for number in reversed(range(rank, 23, 3))]
    assert whole == expected
    for size in (1, 4, 23):
        for backward in (False, True):
            assert await _walked(api, size, backward=backward) == expected


async def _walked(api: Api, size: int, *, backward: bool) -> list[str]:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        window = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        answer = await api.run(SEARCH, {"filter": {"search": "glockenspiel"}, **window})
        found = answer.data["events"]
        assert len(answer.sql) == 2, "a page and its total"
        met = [edge["node"]["slug"] for edge in found["edges"]]
        seen = met + seen if backward else seen + met
        if not found["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"]:
            return seen
        cursor = found["pageInfo"]["startCursor" if backward else "endCursor"]


async def test_a_cursor_holds_when_a_better_match_arrives_between_pages(world: tuple[Api, str]) -> None:
    api, url = world
    async with connected(url) as connection:
        for number in range(6):
            await add(connection, f"before-{number}", "Something", summary="didgeridoo")
        variables = {"filter": {"search": "didgeridoo"}, "first": 3}
        first = (await api.run(SEARCH, variables)).data["events"]
        await add(connection, "better", "Didgeridoo")

    second = (await api.run(SEARCH, {**variables, "after": first["pageInfo"]["endCursor"]})).data["events"]

    met = [edge["node"]["slug"] for edge in first["edges"] + second["edges"]]
    assert met == [f"before-{number}" for number in reversed(range(6))]


# --- By whom --------------------------------------------------------------------------------------------------------


async def test_a_draft_is_found_by_its_team_and_by_nobody_else(world: tuple[Api, str]) -> None:
    api, url = world
    async with connected(url) as connection:
        own = await connection.fetchval("SELECT id FROM organizations WHERE slug = 'house-1'")
        await add(connection, "draft", "Hushhush sousaphone", status="DRAFT", organization=own)
        await add(connection, "public", "Public sousaphone", organization=own)

    for by, expected in (
        (None, ["public"]),
        (GUEST, ["public"]),
        (OWNER, ["public", "draft"]),
        (ADMIN, ["public", "draft"]),
    ):
        for order in ("RELEVANCE", "STARTS_AT_ASC"):
            assert sorted(await slugs(api, "sousaphone", by=by, order=order)) == sorted(expected), (by, order)
            assert await slugs(api, "hushhush sousa", by=by, order=order) == expected[1:], (by, order)


async def test_a_search_combines_with_other_filters(world: tuple[Api, str]) -> None:
    api, url = world
    async with connected(url) as connection:
        await add(connection, "here", "Ocarina", venue=HALL, category="Wind")
        await add(connection, "elsewhere", "Ocarina", category="Wind")
        await add(connection, "strings", "Ocarina", venue=HALL, category="Strings")

    assert await slugs(api, "ocarina", city="são paulo", category=["Wind"]) == ["here"]
    assert await slugs(api, "ocarina", category=["Wind"]) == ["elsewhere", "here"]


# --- Names that change ----------------------------------------------------------------------------------------------


async def test_new_names_and_new_venues_are_found_at_once(fresh_api: Api) -> None:
    world = World(fresh_api)
    team = await world.team()
    first = await world.venue(team, name="Oldhall", city="Maribor")
    second = await world.venue(team, name="Otherhall", city="Celje")
    event = await world.event(team, title="Evening", slug="evening", venueId=first, online=False)

    assert await slugs(fresh_api, "evening oldhall maribor") == ["evening"]

    await world.do(UPDATE_VENUE, "updateVenue", team.manager, id=first, name="Newhall")
    await world.do(UPDATE_ORGANIZATION, "updateOrganization", team.owner, id=team.id, name="Renamed House")
    assert await slugs(fresh_api, "oldhall") == []
    assert await slugs(fresh_api, "newhall renamed maribor") == ["evening"]

    await world.do(UPDATE_VENUE, "updateVenue", team.manager, id=first, city="Koper")
    assert await slugs(fresh_api, "maribor") == []
    assert await slugs(fresh_api, "koper") == ["evening"]

    await world.do(UPDATE_EVENT, "updateEvent", team.manager, id=event.id, venueId=second, title="Matinee")
    assert await slugs(fresh_api, "koper") == await slugs(fresh_api, "evening") == []
    assert await slugs(fresh_api, "matinee otherhall celje renamed") == ["evening"]
