"""A file of bids for one contract, read into frozen objects: who bids what, how standing is scored and price evaluated.

A measure, model or key that is not known is refused by name. Each key is explained in
docs/decisions/0034-market-and-bidders.md.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cip_analysis.settings import Settings

Measure = Literal[
    "current ratio", "quick ratio", "cash days", "gearing", "operating margin", "interest cover", "dependency",
    "largest customer", "turnover growth",
]  # fmt: skip
MEASURES: tuple[Measure, ...] = (
    "current ratio", "quick ratio", "cash days", "gearing", "operating margin", "interest cover", "dependency",
    "largest customer", "turnover growth",
)  # fmt: skip
Model = Literal["relative to the lowest", "distance from the mean", "linear above the lowest", "against the ceiling"]
MODELS: tuple[Model, ...] = (
    "relative to the lowest", "distance from the mean", "linear above the lowest", "against the ceiling",
)  # fmt: skip
Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Part = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Marks = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
SUM_OF_WEIGHTS = 1e-9


class Bid(Settings):
    """One bid: a price, and the marks its quality was given.

    yearly_gbp: what it asks a year. quality: marks out of 100, by whoever evaluated it.
    """

    bidder: Name
    yearly_gbp: Positive
    quality: Marks


class Scored(Settings):
    """How one measure of standing is scored: no marks at `poor` or beyond, all at `good` or beyond, in line between.

    poor above good is a measure of which less is better. weight: of all weights, which need not come to one.
    """

    measure: Measure
    poor: Number
    good: Number
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    why: str

    @model_validator(mode="after")
    def _apart(self) -> Scored:
        if self.poor == self.good:
            raise ValueError(f"{self.measure}: poor and good are both {self.good:g}: nothing lies between them")
        return self


class Limits(Settings):
    """From where on a fact is a warning of its own, whatever the marks.

    dependency_share: of one year's contract in turnover. customer_share: of the largest customer. late_days: allowed
    from the year's end to filing. old_days: from the latest year's end to the day bids are judged.
    """

    dependency_share: Positive
    customer_share: Part
    late_days: Annotated[int, Field(gt=0)]
    old_days: Annotated[int, Field(gt=0)]
    source: str


class Standing(Settings):
    """How financial standing is judged.

    strong, adequate: marks out of 100 from which a bidder is called so. nearness: how closely weights drawn near the
    chosen ones keep to them (the sum of the Dirichlet's parameters; more is closer). draws: of weights.
    """

    scored: Annotated[tuple[Scored, ...], Field(min_length=1)]
    limits: Limits
    strong: Marks
    adequate: Marks
    nearness: Positive = 30
    draws: Annotated[int, Field(ge=100, le=100_000)] = 10_000
    source: str
    owner: str

    @model_validator(mode="after")
    def _whole(self) -> Standing:
        named = [one.measure for one in self.scored]
        if repeated := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"{', '.join(repeated)} is scored more than once")
        if sum(one.weight for one in self.scored) <= 0:
            raise ValueError("every weight is nought: give one measure a weight at least")
        if self.adequate >= self.strong:
            raise ValueError(f"adequate ({self.adequate:g}) is not below strong ({self.strong:g})")
        return self

    @property
    def weights(self) -> dict[str, float]:
        """Measure -> its share of all the weights; they come to one."""
        whole = sum(one.weight for one in self.scored)
        return {one.measure: one.weight / whole for one in self.scored}


class Evaluation(Settings):
    """How price and quality are put together.

    model: the one that counts, of MODELS; the others stand beside it. price_weight: the rest is quality's.
    nothing_at: the multiple of the lowest price at which "linear above the lowest" gives no marks. mean_marks and
    marks_per_cent: at the mean, and lost for each per cent above it, of "distance from the mean". ceiling_gbp: a year,
    at which "against the ceiling" gives none; stated before bids are opened.
    """

    model: Model
    price_weight: Part
    nothing_at: Annotated[float, Field(gt=1, allow_inf_nan=False)] = 2.0
    mean_marks: Marks = 50
    marks_per_cent: Positive = 1.0
    ceiling_gbp: Positive
    source: str
    owner: str


class Bids(Settings):
    """Bids for one contract, and how they are judged.

    accounts: CSV of published accounts (returns/reference/filed_accounts.py), from the project's root. invented: no
    such bidders exist, and the page says so. seed: of the weights drawn.
    """

    title: str
    source: str
    as_of: date
    invented: bool
    accounts: str
    seed: Annotated[int, Field(ge=0)] = 20180706
    bids: Annotated[tuple[Bid, ...], Field(min_length=2)]
    standing: Standing
    evaluation: Evaluation

    @model_validator(mode="after")
    def _told_apart(self) -> Bids:
        named = [" ".join(bid.bidder.split()).casefold() for bid in self.bids]
        if repeated := sorted(
            {bid.bidder for bid in self.bids if named.count(" ".join(bid.bidder.split()).casefold()) > 1}
        ):
            raise ValueError(f"{', '.join(repeated)} bids more than once: name each bidder once")
        return self
