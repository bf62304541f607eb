"""The packages at the root of the repository are ours alone."""

import tomllib
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent


def root_names() -> set[str]:
    """The names that the wheel puts at the top level."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed: list[str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    return {name.removesuffix(".py") for name in listed}


def test_the_roots_are_those_of_the_architecture() -> None:
    assert {
        "app",
        "bilten",
        "db",
        "domain",
        "execution",
        "resolvers",
        "schema",
        "subscriptions",
        "transport",
    } <= root_names()


def test_no_installed_distribution_owns_one_of_our_root_names() -> None:
    owners = packages_distributions()

    strangers = {name: set(owners.get(name, [])) - {"bilten"} for name in root_names()}

    assert {name: found for name, found in strangers.items() if found} == {}


def test_our_root_names_are_imported_from_this_tree() -> None:
    origins = {name: Path(str(import_module(name).__file__)) for name in sorted(root_names())}

    assert {name: origin for name, origin in origins.items() if not origin.is_relative_to(ROOT)} == {}
