"""A file of savings claimed, read into frozen objects: who would save what, on which children, and what it costs.

A setting, age band or key that is not known is refused by name. How claims are played, netted and set against a
target: docs/decisions/0021-savings-ledger.md.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cip_analysis.scenario_settings import AgeBand, Setting, Share
from cip_analysis.settings import Settings

Kind = Literal["cashable", "avoided", "growth reduced"]
KINDS: tuple[Kind, ...] = ("cashable", "avoided", "growth reduced")
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Delivered(Settings):
    """How much of a claim's saving is likely to come: low, likeliest and high, as multiples of it.

    1 is all of it. Drawn from the triangle over the three.
    """

    low: Amount = 1
    mid: Amount = 1
    high: Amount = 1

    @model_validator(mode="after")
    def _in_order(self) -> Delivered:
        if not self.low <= self.mid <= self.high:
            raise ValueError(f"low {self.low:g}, mid {self.mid:g}, high {self.high:g} are not in order")
        return self


class PriceLever(Settings):
    """A share off the price of every week in one setting, phased in as the claim is."""

    setting: Setting
    share_off: Share


class Claim(Settings):
    """One saving claimed.

    kind: cashable (a budget line falls), avoided (a cost that was coming does not come), growth reduced (a forecast
    grows less). children: whose weeks, in words; settings: where the weeks are no longer had (blank, anywhere); ages:
    blank, any. counterfactual: what would be without it. start, full_by, until: stand in place of its levers' own
    days. drop_off: share of the saving lost in each year after it is in full. delivered: see Delivered.
    levers: scenario files, from the project's root. prices: shares off prices. running_cost_gbp: a year, in £ of the
    year it starts; one_off_gbp: in that year. stated_gbp: what the council itself said, stated_as what of.
    """

    key: Key
    title: str
    programme: str
    kind: Kind
    children: str
    settings: tuple[Setting, ...] = ()
    ages: tuple[AgeBand, ...] = ()
    counterfactual: str
    start: date
    full_by: date | None = None
    until: date | None = None
    drop_off: Share = 0
    delivered: Delivered = Delivered()
    levers: tuple[str, ...] = ()
    prices: tuple[PriceLever, ...] = ()
    running_cost_gbp: Amount = 0
    one_off_gbp: Amount = 0
    stated_gbp: Amount | None = None
    stated_as: str = ""
    source: str
    paragraph: Annotated[int, Field(gt=0)] | None = None
    owner: str
    note: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Claim:
        days = [day for day in (self.start, self.full_by, self.until) if day]
        if days != sorted(days):
            raise ValueError(f"{self.key}: its days are not in order: start, full_by, until")
        if not (self.levers or self.prices):
            raise ValueError(f"{self.key}: it names nothing that saves: give levers, or prices")
        if (self.stated_gbp is None) != (not self.stated_as):
            raise ValueError(f"{self.key}: give stated_gbp and stated_as together, or neither")
        return self

    @property
    def in_full(self) -> date:
        """The day from which it acts in full."""
        return self.full_by or self.start


class Target(Settings):
    """A saving to be reached in one financial year (ending 31 March), £ in that year; context: shown, never tested."""

    key: Key
    title: str
    gbp: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    financial_year: Annotated[int, Field(ge=2000, le=2100)]
    context: bool = False
    source: str
    paragraph: Annotated[int, Field(gt=0)] | None = None
    note: str = ""


class Savings(Settings):
    """One ledger of claims, in the order in which child-weeks are given to them, and the targets beside it.

    order: every claim's key once. delivered: CSV of savings delivered (returns/payments/delivered.py), from the
    project's root; blank where there is none.
    """

    title: str
    source: str
    as_of: date
    order: tuple[Key, ...]
    order_because: str
    delivered: str = ""
    claims: tuple[Claim, ...]
    targets: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Savings:
        named = {"claims": [claim.key for claim in self.claims], "order": list(self.order)}
        for what, keys in {**named, "targets": [target.key for target in self.targets]}.items():
            if repeated := sorted({key for key in keys if keys.count(key) > 1}):
                raise ValueError(f"{', '.join(repeated)} is in {what} more than once")
        known = {claim.key for claim in self.claims}
        if unlike := sorted(known ^ set(self.order)):
            raise ValueError(f"order and claims do not name the same: {', '.join(unlike)}")
        return self

    @property
    def in_order(self) -> tuple[Claim, ...]:
        """The claims in the order of allocation."""
        named = {claim.key: claim for claim in self.claims}
        return tuple(named[key] for key in self.order)

    @property
    def target(self) -> Target | None:
        """The first target that is more than context; none where there is none."""
        return next((target for target in self.targets if not target.context), None)
