"""GraphiQL's examples are operations that the schema of today accepts, and say at their top whose they are."""

import json
from pathlib import Path

import pytest
from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "web" / "examples").glob("*.graphql"))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))


def operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_valid_against_the_schema(path: Path, schema: GraphQLSchema) -> None:
    document = parse(path.read_text(encoding="utf-8"))

    assert validate(schema, document) == []
    names = [operation.name.value for operation in operations(document) if operation.name]
    assert len(names) == len(set(names)) == len(document.definitions)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_brings_exactly_the_variables_that_it_needs(path: Path) -> None:
    document = parse(path.read_text(encoding="utf-8"))
    file = path.with_name(f"{path.stem}.variables.json")
    brought = set(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else set[str]()

    needed = {
        definition.variable.name.value
        for operation in operations(document)
        for definition in operation.variable_definitions or ()
    }

    assert brought == needed


def test_there_is_one_example_for_each_role() -> None:
    labels = [path.read_text(encoding="utf-8").partition("\n")[0] for path in EXAMPLES]

    assert [label.removeprefix("# ").partition(":")[0] for label in labels] == [
        "Anybody",
        "Attendee",
        "Organiser",
        "Analyst",
        "Administrator",
    ]
