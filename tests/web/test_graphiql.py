"""GraphiQL in a real browser: it works whole, under its own policy, and never leaves this host."""

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request, WebSocket, async_playwright, expect
from pydantic import SecretStr

from app import create_app
from bilten.config import Settings
from bilten.web.built import find_entry
from bilten.web.graphiql import SOURCE
from tests.api import Api, Clock
from tests.waiting import eventually
from tests.world import World, address

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no browser here: install chromium to test GraphiQL"),
    pytest.mark.skipif(find_entry(SOURCE) is None, reason="GraphiQL is not built: run 'make web'"),
]


class Server(uvicorn.Server):
    """uvicorn that leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Site:
    """A served application, and a client of it."""

    url: str
    api: Api


@dataclass
class Visit:
    """A page and what went wrong on it; `outside` are requests that left the host, `sockets` all that were opened."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list[str])
    outside: list[str] = field(default_factory=list[str])
    sockets: list[str] = field(default_factory=list[str])

    def watch(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("websocket", self._on_socket)
        # The context sees what workers fetch, too.
        self.page.context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        # A violated policy is such an error as well.
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _on_socket(self, opened: WebSocket) -> None:
        self.sockets.append(opened.url)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site.url}/", "data:", f"blob:{self.site.url}/")):
            self.outside.append(request.url)

    async def open(self) -> None:
        """Load the page and wait until the editor stands."""
        await self.page.goto(f"{self.site.url}/graphql")
        await expect(self.page.get_by_role("button", name=re.compile("Execute query"))).to_be_visible()
        await expect(self.page.locator(".graphiql-query-editor .view-line").first).to_be_visible()

    async def write(self, document: str) -> None:
        """Replace what stands in the editor by one named operation."""
        await self.page.locator(".graphiql-query-editor .view-lines").click()
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.insert_text(document)
        # GraphiQL reads the document a moment later; until then it would run the operation of before.
        name = re.split(r"\W+", document)[1]
        await expect(self.tabs.and_(self.page.locator(".graphiql-tab-active"))).to_contain_text(name)

    async def run(self) -> None:
        await self.page.get_by_role("button", name=re.compile("Execute query")).click()

    async def result(self, text: str) -> None:
        """Wait until the answer shows `text`."""
        shown = self.page.locator(".result-window .view-lines")
        # The editor shows spaces as no-break spaces.
        await expect(shown).to_contain_text(re.compile(re.escape(text).replace(r"\ ", r"\s")))

    @property
    def tabs(self) -> Locator:
        return self.page.locator(".graphiql-tab")

    @property
    def token(self) -> Locator:
        return self.page.get_by_label("Token", exact=True)

    @property
    def viewer(self) -> Locator:
        return self.page.locator(".bilten-viewer")


@pytest.fixture
async def site(database_url: str, redis_url: str, tmp_path: Path, clock: Clock) -> AsyncGenerator[Site]:
    """The application behind a real socket, on a port that is free."""
    settings = Settings(home=tmp_path, database_url=SecretStr(database_url), redis_url=SecretStr(redis_url))
    app = create_app(settings, clock=clock)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(uvicorn.Config(app, lifespan="on", log_config=None, access_log=False))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        api = Api(app, settings, clock)
        try:
            await eventually(lambda: server.started or running.done(), what="the start of the server")
            yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", api)
        finally:
            await api.http.aclose()
            server.should_exit = True
            await running


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        # What is not this host has no address, whatever a page may try.
        rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", rules])
        yield launched
        await launched.close()


@asynccontextmanager
async def visiting(browser: Browser, site: Site, **options: Any) -> AsyncGenerator[Visit]:
    """A visitor who was never here before."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, **options)
    context.set_default_timeout(20_000)
    visit = Visit(await context.new_page(), site)
    visit.watch()
    try:
        await visit.open()
        yield visit
    finally:
        await context.close()


@pytest.fixture
async def visit(browser: Browser, site: Site) -> AsyncGenerator[Visit]:
    """A visit that has to end without any complaint, and without a request to anybody else."""
    async with visiting(browser, site) as visit:
        yield visit
        assert visit.complaints == []
        assert visit.outside == []


async def test_first_example_runs_and_shows_what_is_public(visit: Visit) -> None:
    world = World(visit.site.api)
    event = await world.event(await world.team(), title="An evening in the browser")
    await expect(visit.page).to_have_title("Bilten GraphiQL")
    await visit.run()
    await visit.result('"totalCount":')
    await visit.write(f'query Evening {{ event(id: "{event.id}") {{ title }} }}')
    await visit.run()

    await visit.result('"title": "An evening in the browser"')


async def test_docs_show_the_schema_that_the_server_tells(visit: Visit) -> None:
    await visit.page.get_by_role("button", name="Show Documentation Explorer").click()

    docs = visit.page.locator(".graphiql-plugin")
    await expect(docs).to_contain_text("TicketTier")
    await docs.get_by_text("Query", exact=True).click()
    await expect(docs).to_contain_text("The events that you may see.")


async def test_history_remembers_what_was_run(visit: Visit) -> None:
    await visit.write("query AskedBefore { __typename }")
    await visit.run()
    await visit.result('"__typename": "Query"')

    await visit.page.get_by_role("button", name="Show History").click()

    await expect(visit.page.locator(".graphiql-plugin")).to_contain_text("AskedBefore")


async def test_token_is_sent_with_every_request_and_kept(visit: Visit) -> None:
    await expect(visit.viewer).to_have_text("Not signed in")
    await visit.write("query WhoAmI { viewer { email } }")
    await visit.run()
    await visit.result('"viewer": null')

    who = address("browser")
    await visit.token.fill(f"Bearer {visit.site.api.token(who)}\n")
    await expect(visit.viewer).to_contain_text("Signed in as")
    await visit.run()
    await visit.result(f'"email": "{who}"')

    await visit.page.reload()
    await expect(visit.viewer).to_contain_text("Signed in as")
    await visit.run()
    await visit.result(f'"email": "{who}"')


async def test_token_is_hidden_until_it_is_to_be_shown_and_gone_when_it_is_cleared(visit: Visit) -> None:
    token = visit.site.api.token(address("browser"))
    await visit.token.fill(token)
    await expect(visit.viewer).to_contain_text("Signed in as")
    await expect(visit.token).to_have_attribute("type", "password")

    await visit.page.get_by_role("button", name="Show the token").click()
    await expect(visit.token).to_have_attribute("type", "text")
    await visit.page.get_by_role("button", name="Clear the token").click()

    await expect(visit.viewer).to_have_text("Not signed in")
    await expect(visit.token).to_have_value("")
    kept = await visit.page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert token not in kept


async def test_token_that_is_refused_is_answered_with_the_reason(browser: Browser, site: Site) -> None:
    refused = await site.api.http.post(
        "/graphql", json={"query": "{ viewer { name } }"}, headers={"authorization": "Bearer no"}
    )
    async with visiting(browser, site) as visit:
        await visit.token.fill("no")

        await expect(visit.viewer).to_have_text(refused.json()["errors"][0]["message"])
        # The browser reports every status of this kind; nothing else may have gone wrong.
        assert [complaint for complaint in visit.complaints if "401" not in complaint] == []


async def test_examples_are_the_first_tabs_and_open_again(visit: Visit) -> None:
    await expect(visit.tabs).to_contain_text(["FindEvents", "FindPlaces", "MyTeams", "Numbers", "FindUsers"])

    await visit.page.get_by_role("button", name="Examples").click()
    await visit.page.get_by_role("menuitem", name=re.compile("^Organiser")).click()

    await expect(visit.tabs).to_have_count(6)
    await expect(visit.tabs.last).to_contain_text("MyTeams")
    await expect(visit.page.locator(".graphiql-query-editor .view-lines")).to_contain_text("memberships")
    await expect(visit.page.locator(".graphiql-editor-tool .view-lines").first).to_contain_text("organization")


async def test_no_socket_is_opened_before_a_subscription_is_run(visit: Visit) -> None:
    await visit.run()
    await visit.result('"totalCount":')
    assert visit.sockets == []

    await visit.write("subscription Watch { anything }")
    await visit.run()

    await eventually(lambda: bool(visit.sockets), what="the socket of the subscription")
    assert visit.sockets == [visit.site.url.replace("http:", "ws:") + "/graphql"]
    # Whatever the server says to this one, the rest goes on.
    visit.complaints.clear()


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
async def test_page_follows_the_system_until_it_is_told_otherwise(
    browser: Browser,
    site: Site,
    scheme: str,
    is_dark: bool,  # noqa: FBT001
) -> None:
    async with visiting(browser, site, color_scheme=scheme) as visit:
        assert await looks_dark(visit.page, ".graphiql-main") is is_dark
        assert await looks_dark(visit.page, ".bilten-bar") is is_dark

        other = "Light" if is_dark else "Dark"
        await visit.page.get_by_role("button", name="Open settings dialog").click()
        await visit.page.get_by_role("button", name=other, exact=True).click()

        assert await looks_dark(visit.page, ".bilten-bar") is not is_dark
        assert visit.complaints == []


async def looks_dark(page: Page, selector: str) -> bool:
    """Whether the background that one sees behind an element is nearer to black than to white."""
    colour: str = await page.locator(selector).first.evaluate(
        """element => {
          for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (colour.startsWith('rgb(')) return colour;
          }
          return 'rgb(255, 255, 255)';
        }"""
    )
    return sum(map(int, re.findall(r"\d+", colour))) < 3 * 128
