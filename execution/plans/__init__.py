"""Operations compiled to plans: the answers of graphql-core, made level by level instead of field by field.

Knows graphql-core, Strawberry's metadata of fields, and nothing of any schema in particular.
"""

from execution.plans.compiler import compile_plan, flags_of
from execution.plans.plan import Plan
from execution.plans.unsupported import Unsupported

__all__ = ["Plan", "Unsupported", "compile_plan", "flags_of"]
