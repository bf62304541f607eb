"""The GraphQL endpoint: what a browser gets, how failures look, and that what nobody expected stays inside."""

import asyncpg
import structlog

from tests.api import Api
from tests.world import World, address

HTML = {"accept": "text/html"}


async def test_browser_gets_graphiql(api: Api) -> None:
    page = await api.http.get("/graphql", headers=HTML)

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "graphiql" in page.text.lower()


async def test_unexpected_failure_is_masked_and_logged_under_its_id(fresh_api: Api, fresh_database_url: str) -> None:
    world = World(fresh_api)
    team = await world.team()
    event = await world.event(team)
    database = await asyncpg.connect(fresh_database_url)
    try:
        # A row that the code of today cannot read, as a mistake made by hand would leave it.
        await database.execute("ALTER TABLE events DROP CONSTRAINT events_status_check")
        await database.execute("UPDATE events SET status = 'NONSENSE'")
    finally:
        await database.close()

    with structlog.testing.capture_logs() as logged:
        answer = await fresh_api.run(
            "query ($id: ID!) { event(id: $id) { title status } viewer { id } }", {"id": event.id}, by=team.manager
        )

    [error] = answer.errors
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["message"] == "Something went wrong on our side."
    assert "NONSENSE" not in str(answer.body)
    assert "Traceback" not in str(answer.body)
    [line] = [entry for entry in logged if entry["event"] == "unexpected error"]
    assert line["error_id"] == error["extensions"]["errorId"]
    assert "NONSENSE" in str(line["exc_info"])
    assert (await fresh_api.run("{ __typename }")).data == {"__typename": "Query"}


async def test_failure_outside_of_any_field_is_masked_alike(fresh_api: Api, fresh_database_url: str) -> None:
    database = await asyncpg.connect(fresh_database_url)
    try:
        await database.execute("ALTER TABLE users RENAME COLUMN status TO broken")
    finally:
        await database.close()

    with structlog.testing.capture_logs() as logged:
        answer = await fresh_api.run("{ viewer { id } }", by=address("guest"))

    assert answer.status == 500
    assert answer.codes == ["INTERNAL"]
    assert "broken" not in str(answer.body)
    assert "column" not in str(answer.body)
    [line] = [entry for entry in logged if entry["event"] == "unexpected error"]
    assert line["error_id"] == answer.errors[0]["extensions"]["errorId"]


async def test_refused_sign_in_says_how_to_sign_in(api: Api) -> None:
    response = await api.http.post(
        "/graphql", json={"query": "{ viewer { id } }"}, headers={"authorization": "Bearer nonsense"}
    )

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"].startswith("application/json")


async def test_one_broken_field_leaves_the_others(api: Api) -> None:
    answer = await api.run('{ organizations(first: 1) { pageInfo { hasNextPage } } event(id: "nope") { id } }')

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["path"] == ["event"]
    assert answer.body["data"]["organizations"] is not None


async def test_person_who_types_the_address_lands_in_graphiql(api: Api) -> None:
    for path in ("/", "/graphql/"):
        response = await api.http.get(path, headers=HTML)

        assert (response.status_code, response.headers["location"]) == (308, "http://bilten.test/graphql")
    assert (await api.http.post("/graphql/")).status_code == 308


async def test_path_that_is_not_there_is_told_in_json(api: Api) -> None:
    response = await api.http.get("/nowhere")

    assert response.status_code == 404
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert response.headers["x-content-type-options"] == "nosniff"
