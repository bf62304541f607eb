"""The catalogue of failures: one code each, and every message has all its numbers wherever it is raised."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from domain import errors

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "resolvers", "db", "schema", "bilten", "subscriptions")
REFUSALS = list(errors.refusals_by_code().values())


def all_subclasses(cls: type) -> set[type]:
    return {cls_ for direct in cls.__subclasses__() for cls_ in {direct, *all_subclasses(direct)}}


def placeholders(refusal: type[errors.Refusal]) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(refusal.__doc__ or "") if name is not None}


def test_every_refusal_has_a_code_of_its_own() -> None:
    assert set(REFUSALS) == all_subclasses(errors.Refusal)
    assert all(refusal.code == refusal.code.upper() for refusal in REFUSALS)


def test_every_request_error_has_a_code_of_its_own() -> None:
    found = [cls for cls in all_subclasses(errors.RequestError) if issubclass(cls, errors.RequestError)]

    assert len({cls.code for cls in found}) == len(found)
    assert {cls.code for cls in found} >= {"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT"}
    assert not {cls.code for cls in found} & errors.refusals_by_code().keys()


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_a_refusals_docstring_is_its_message(refusal: type[errors.Refusal]) -> None:
    message = refusal("some", "path", **dict.fromkeys(placeholders(refusal), 7)).message

    assert message
    assert "{" not in message
    assert "\n" not in message
    assert message[0] in "7" or message[0].isupper()


@pytest.mark.parametrize("value", ["{", "{0}", "{message.__class__}", "%s"])
def test_braces_in_a_value_stay_as_they_are(value: str) -> None:
    assert value in errors.ValueIsMalformed("url", what=value).message


def handled_in(tree: ast.AST) -> Iterator[ast.expr]:
    """Expressions that name what is caught: who catches a refusal raises none."""
    for node in ast.walk(tree):
        match node:
            case ast.ExceptHandler(type=ast.expr() as type_):
                yield type_
            case ast.Call(func=ast.Name(id="suppress"), args=args):
                yield from args
            case _:
                pass


def raised() -> Iterator[tuple[str, ast.expr, type[errors.Refusal]]]:
    """Where the code names a refusal: the place, the expression around it, and the refusal."""
    by_name = {refusal.__name__: refusal for refusal in REFUSALS}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
            caught = {id(node) for handled in handled_in(tree) for node in ast.walk(handled)}
            for node in ast.walk(tree):
                if id(node) in caught:
                    continue
                name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
                if name in by_name and isinstance(node, ast.expr):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", calls.get(id(node), node), by_name[name]


def test_every_refusal_is_raised_with_all_the_numbers_of_its_message() -> None:
    lacking: list[str] = []
    for place, expression, refusal in raised():
        keywords = expression.keywords if isinstance(expression, ast.Call) else []
        given = {keyword.arg for keyword in keywords}
        if None not in given and not placeholders(refusal) <= given:
            lacking.append(f"{place} {refusal.__name__} lacks {sorted(placeholders(refusal) - given)}")

    assert lacking == []


def test_every_refusal_is_raised_somewhere() -> None:
    unused = set(REFUSALS) - {refusal for _, _, refusal in raised()}

    assert {refusal.__name__ for refusal in unused} == set()


def test_several_refusals_travel_together() -> None:
    refused = errors.Refused([errors.ValueIsRequired("title"), errors.SlugIsTaken("slug")])

    assert [refusal.path for refusal in refused.refusals] == [("title",), ("slug",)]
    assert str(refused) == "This value is required.; This slug is already in use."
