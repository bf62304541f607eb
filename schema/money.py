"""Money in the schema."""

import strawberry

from schema.context import field
from schema.scalars import CurrencyCode

_AMOUNT = "The amount in the currency's smallest unit, such as cents."


@strawberry.type(description="An amount of money.")
class Money:
    """An amount in minor units with its currency."""

    amount_minor: int = field(description=_AMOUNT)
    currency: CurrencyCode = field(description="The currency.")


@strawberry.input(description="An amount of money.")
class MoneyInput:
    """An amount in minor units with its currency."""

    amount_minor: int = field(description=_AMOUNT)
    currency: CurrencyCode = field(description="The currency.")
