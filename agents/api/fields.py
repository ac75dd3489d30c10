"""Amounts and estimates, as programs read them."""

from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, PlainSerializer, WithJsonSchema

from agents.estimate import Estimate
from agents.pace import Range

AMOUNT = {"type": "string", "pattern": r"^\d+(\.\d+)?$", "examples": ["2.50"]}
# In the currency of the models' prices; a string, since floats would round it.
Amount = Annotated[
    Decimal,
    PlainSerializer(lambda amount: f"{amount:f}", return_type=str),
    WithJsonSchema(AMOUNT, mode="serialization"),
]
AmountIn = Annotated[
    Decimal,
    Field(ge=0, max_digits=10, decimal_places=2, allow_inf_nan=False, examples=["2.50"]),
]


class AmountRange(Schema):
    low: Amount
    likely: Amount
    high: Amount


class NumberRange(Schema):
    low: float
    likely: float
    high: float


def _range(found: Range[Any]) -> dict[str, Any]:
    return found._asdict()


class EstimateOut(Schema):
    """What a draft is expected to take."""

    cost: AmountRange
    enough: Amount = Field(description="A limit with which the run is likely to come to its end.")
    tokens: NumberRange
    seconds: NumberRange

    @classmethod
    def of(cls, found: Estimate) -> "EstimateOut":
        return cls(
            cost=AmountRange(**_range(found.cost)),
            enough=found.enough,
            tokens=NumberRange(**_range(found.tokens)),
            seconds=NumberRange(**_range(found.seconds)),
        )
