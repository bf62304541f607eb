"""Random selections for tests of what counts them: drawn as trees, written as GraphQL, expanded without cleverness."""

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Field:
    """A field; without `inside` it is a leaf."""

    alias: bool
    directives: int
    inside: "tuple[Selection, ...]"

    def __str__(self) -> str:
        return f"{'a: ' if self.alias else ''}f{' @d' * self.directives}{written(self.inside) if self.inside else ''}"


@dataclass(frozen=True, slots=True)
class Inline:
    """An inline fragment, with or without a type condition."""

    conditional: bool
    directives: int
    inside: "tuple[Selection, ...]"

    def __str__(self) -> str:
        return f"...{' on T' if self.conditional else ''}{' @d' * self.directives}{written(self.inside)}"


@dataclass(frozen=True, slots=True)
class Spread:
    """A fragment by its number."""

    number: int
    directives: int

    def __str__(self) -> str:
        return f"...F{self.number}{' @d' * self.directives}"


Selection = Field | Inline | Spread


@dataclass(frozen=True, slots=True)
class Definition:
    """An operation, or a fragment by its number."""

    name: str
    directives: int
    inside: tuple[Selection, ...]
    number: int | None = None

    def __str__(self) -> str:
        head = f"query {self.name}" if self.number is None else f"fragment {self.name} on T"
        return f"{head}{' @d' * self.directives}{written(self.inside)}"


def written(selections: tuple[Selection, ...]) -> str:
    return "{" + " ".join(map(str, selections)) + "}"


@dataclass(slots=True)
class Count:
    """What a naive expansion meets."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0


def expanded(definition: Definition, fragments: Mapping[int, Definition]) -> Count:
    """The figures of a definition with every fragment written out where it is spread."""
    count = Count(directives=definition.directives)
    _expand(definition.inside, fragments, count, 0)
    return count


def _expand(selections: tuple[Selection, ...], fragments: Mapping[int, Definition], count: Count, depth: int) -> None:
    for selection in selections:
        count.directives += selection.directives
        match selection:
            case Field():
                count.fields += 1
                count.aliases += selection.alias
                count.depth = max(count.depth, depth + 1)
                _expand(selection.inside, fragments, count, depth + 1)
            case Inline():
                _expand(selection.inside, fragments, count, depth)
            case Spread():
                fragment = fragments[selection.number]
                count.directives += fragment.directives
                _expand(fragment.inside, fragments, count, depth)


@dataclass(slots=True)
class _Author:
    """Draws selections; every number stands for a whole one, which is what makes drawing quick."""

    draw: st.DrawFn
    spreads: range
    room: int = 12

    def selections(self, level: int) -> tuple[Selection, ...]:
        return tuple(self.selection(level) for _ in range(self.draw(st.integers(1, 3))))

    def selection(self, level: int) -> Selection:
        self.room -= 1
        drawn = self.draw(st.integers(0, 8 * 6 * 6 - 1))
        kind, rest = drawn % 8, drawn // 8
        directives, which = max(0, rest % 6 - 3), rest // 6
        if kind >= 6 and self.spreads:
            return Spread(self.spreads[which % len(self.spreads)], directives)
        if kind < 3 or level > 3 or self.room < 0:
            return Field(which % 2 == 0, directives, ())
        if kind == 3:
            return Inline(which % 2 == 0, directives, self.selections(level + 1))
        return Field(which % 2 == 0, directives, self.selections(level + 1))


@st.composite
def definitions(draw: st.DrawFn, *, circular: bool = False) -> list[Definition]:
    """The definitions of a document in any order; with `circular`, fragments may spread themselves or be missing."""
    fragments = draw(st.integers(0, 5))
    made: list[Definition] = []
    for number in range(fragments):
        # Without circles a fragment spreads only later ones, and the last spreads none.
        spreads = range(fragments + 1) if circular else range(number + 1, fragments)
        made.append(Definition(f"F{number}", draw(st.integers(0, 2)), _Author(draw, spreads).selections(0), number))
    for letter in "AB"[: draw(st.integers(1, 2))]:
        author = _Author(draw, range(fragments))
        made.append(Definition(f"Op{letter}", draw(st.integers(0, 2)), author.selections(0)))
    return draw(st.permutations(made))
