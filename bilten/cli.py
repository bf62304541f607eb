"""The `bilten` command: it reads arguments and reports failures; the work is done elsewhere.

Heavy modules are imported inside the commands that need them: `bilten --help` and `bilten token` answer at once.
"""

import sys
from datetime import UTC, datetime
from importlib.metadata import version as distribution_version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bilten.config import Settings, SettingsAreInvalid
from bilten.failures import CommandFailed
from bilten.imports.cli import app as imports

app = typer.Typer(
    name="bilten",
    help="The backend of an event platform: events, users, registrations and rules behind one GraphQL schema.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(imports)

SDL_FILE = Path("schema") / "schema.graphql"


@app.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; BILTEN_HOST otherwise.")] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Port to listen on; BILTEN_PORT otherwise, else 8000 or the next free one."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that serve; BILTEN_WORKERS otherwise, else 1.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Fill an empty database with demo data.")] = True,
) -> None:
    """Run the server, with a PostgreSQL and a Redis of its own unless their URLs are set."""
    settings = Settings.load()
    from bilten.serve import serve as run

    given = {"host": host, "port": port, "workers": workers}
    chosen = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    run(chosen, demo=demo)


@app.command(hidden=True)
def worker(number: int, listener: int, line: int) -> None:
    """Serve as one of several processes; `bilten serve` starts this with the descriptors that it hands over."""
    from bilten.serve import serve_beside_others

    serve_beside_others(Settings.load(), number=number, listener=listener, line=line)


@app.command()
def migrate() -> None:
    """Bring the database to the schema of this version."""
    from bilten.upkeep import run_migrations

    applied = run_migrations(Settings.load(), report=_report)
    for revision in applied:
        typer.echo(revision)
    _report("The database is up to date.")


@app.command()
def seed(
    *,
    events: Annotated[
        int | None, typer.Option(min=1, max=10_000_000, help="Make so many events instead of the demo data.")
    ] = None,
    registrations: Annotated[
        int | None, typer.Option(min=0, max=100_000_000, help="And so many registrations; else ten for each event.")
    ] = None,
    number: Annotated[
        int | None, typer.Option("--seed", help="Another number makes other data of the same kind; 1 otherwise.")
    ] = None,
    now: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day around which things happen; today in UTC otherwise."),
    ] = None,
) -> None:
    """Fill an empty database with the demo organizations, events and accounts, or with a data set of any size.

    With --events and --registrations, the same numbers, --seed and --now make the same data, ids and times included.
    The demo accounts are part of it. It is all or nothing: an interrupted run leaves the database empty.
    """
    from bilten.upkeep import run_seed, run_seed_volume
    from db.seed import Volume

    if events is None:
        if any(given is not None for given in (registrations, number, now)):
            message = "is needed with --registrations, --seed and --now"
            raise typer.BadParameter(message, param_hint="--events")
        created = run_seed(Settings.load(), report=_report)
        _report("The demo data is in place." if created else "The demo data was already there.")
        return
    volume = Volume(
        events=events,
        registrations=events * 10 if registrations is None else registrations,
        seed=1 if number is None else number,
        day=(now or datetime.now(UTC)).date(),
    )
    run_seed_volume(Settings.load(), volume, report=_report)


@app.command()
def doctor(
    *,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Compare all books instead of a sample; this may take minutes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Check this installation and say what to do about what is wrong; exit code 1 when there is a problem."""
    from bilten.doctor import run_doctor

    text, is_healthy = run_doctor(thorough=thorough, as_json=as_json, report=_report)
    typer.echo(text)
    if not is_healthy:
        raise typer.Exit(1)


@app.command()
def token(emails: Annotated[list[str], typer.Argument(metavar="EMAIL…", help="Whom the tokens are for.")]) -> None:
    """Print a bearer token per line for users of the local server."""
    from bilten.auth import issue_token

    settings = Settings.load()
    for email in emails:
        typer.echo(issue_token(settings, email))


@app.command()
def schema(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with schema/schema.graphql and with the last release instead.")
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="Make it the schema that later versions must not break.")
    ] = False,
) -> None:
    """Print the GraphQL schema that this version serves."""
    from bilten import schema_changes
    from schema import sdl

    text = sdl().rstrip() + "\n"
    if not check and not release:
        typer.echo(text, nl=False)
        return
    if not SDL_FILE.exists() or SDL_FILE.read_text(encoding="utf-8") != text:
        _fail(
            "SCHEMA_FILE_IS_STALE",
            f"{SDL_FILE} differs from the schema that is served: run 'make schema' and commit it",
        )
    _report(f"{SDL_FILE} is up to date.")
    served_version = distribution_version("bilten")
    for change in schema_changes.changes_since_release(text, served_version):
        _report(change)
    _report("No client of the last release breaks.")
    if release:
        schema_changes.release(text, served_version)
        _report(f"{schema_changes.RELEASED_FILE} is the schema of {served_version}.")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(distribution_version("bilten"))


def main() -> NoReturn:
    """Run the command line; every expected failure is one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a character gets a question mark, and not a failure.
            stream.reconfigure(errors="replace")
    try:
        app()
    except SettingsAreInvalid as error:
        _fail("SETTINGS_ARE_INVALID", str(error))
    except CommandFailed as error:
        _fail(error.code, str(error))
    except BrokenPipeError:
        sys.exit(1)
    sys.exit(0)


def _report(text: str) -> None:
    typer.echo(text, err=True)


def _fail(code: str, message: str) -> NoReturn:
    for line in message.splitlines():
        typer.echo(f"bilten: {line} [{code}]", err=True)
    sys.exit(1)
