"""Questions to the schema about itself: how to tell them from questions about data."""

from collections import Counter
from collections.abc import Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

META = frozenset({"__schema", "__type"})
META_AND_TYPENAME = META | {"__typename"}


def roots(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Counter[str]:
    """The fields that the operation selects at its root, through fragments too, by how often it does.

    A fragment counts once; what spreads it ten times asks no more often, since its fields are merged.
    """
    names: Counter[str] = Counter()
    seen: set[str] = set()
    waiting: list[SelectionSetNode] = [operation.selection_set]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                names[node.name.value] += 1
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = fragments.get(node.name.value)
                if fragment is not None:
                    waiting.append(fragment.selection_set)
    return names
