"""An outcomes contract read into a frozen object: who puts up the money, what is paid for, how much, when, and to whom.

How it is settled, draw by draw: docs/decisions/0031-outcomes-contract.md.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cip_analysis.scenario_settings import Share
from cip_analysis.settings import Settings
from cip_analysis.work_package_settings import WHOLE, Amount, Key, Range, Year

Metric = Literal["care days avoided", "weeks out of care", "weeks out of the setting", "sustained step-down"]
METRICS: tuple[Metric, ...] = (
    "care days avoided", "weeks out of care", "weeks out of the setting", "sustained step-down",
)  # fmt: skip
PARTIES = ("council", "investor", "provider")
BelowOne = Annotated[float, Field(ge=0, lt=1)]


class Tariff(Settings):
    """What is paid for one unit of an outcome as it is measured.

    tariff_gbp: £ a unit. deadweight_share: the part of what is measured that is not paid for, agreed beforehand.
    unpaid_a_year: units a year, after that, before any is paid for. anyway: the part of what is measured that would
    have come without the contract, as judged: a low, a likeliest and a high share, below 1. sustained_weeks: how long
    a step down must last to count; sustained: of children who move, the share who stay so long.
    """

    metric: Metric
    tariff_gbp: Amount
    deadweight_share: Share
    unpaid_a_year: Amount = 0
    anyway: Range
    sustained_weeks: Annotated[int, Field(ge=0, le=260)] = 0
    sustained: Range = Range(low=1, mid=1, high=1)

    @model_validator(mode="after")
    def _sound(self) -> Tariff:
        if self.anyway.high >= 1:
            raise ValueError(
                f"{self.metric}: anyway is a share below 1; where all would have come, nothing is paid for"
            )
        if self.sustained.high > 1:
            raise ValueError(f"{self.metric}: sustained is a share, from 0 to 1")
        if (self.metric == "sustained step-down") != bool(self.sustained_weeks):
            raise ValueError(f"{self.metric}: sustained_weeks goes with a sustained step-down, and with nothing else")
        return self


class Funding(Settings):
    """Who puts up the cost of the intervention, as shares of one; none may be left out."""

    council: Share
    investor: Share
    provider: Share

    @model_validator(mode="after")
    def _whole(self) -> Funding:
        if abs(self.council + self.investor + self.provider - 1) > WHOLE:
            come_to = self.council + self.investor + self.provider
            raise ValueError(f"shares of the intervention's cost come to {come_to:g}, not to 1")
        return self


class Contract(Settings):
    """A contract paid by outcome over some financial years, £ in one price base.

    first_year: by its 31 March; years: in which outcomes count. intervention_gbp: what delivering costs in each year,
    as many as there are years. funding: who puts it up; outcome payments go to investor and provider as they put it up,
    and to the provider where the council puts up all. cap_gbp: the most paid in all; cap_year_gbp: in any one year's
    outcomes. floor_gbp: paid for a year whatever comes. lag_months: from the end of a year's outcomes to their payment,
    beyond which they are paid in the same year. management_gbp: what the council spends a year on running the contract.
    investor_rate: the return a year that capital of such risk asks for. fee_gbp: what a provider would be paid a year
    for the same work whatever comes of it.
    """

    key: Key
    title: str
    first_year: Year
    years: Annotated[int, Field(ge=1, le=30)]
    tariffs: tuple[Tariff, ...]
    intervention_gbp: tuple[Amount, ...]
    funding: Funding
    cap_gbp: Amount
    cap_year_gbp: Amount | None = None
    floor_gbp: Amount = 0
    lag_months: Annotated[int, Field(ge=0, le=60)] = 0
    management_gbp: Amount = 0
    investor_rate: BelowOne
    fee_gbp: Amount
    source: str
    owner: str
    as_of: date
    note: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Contract:
        if not self.tariffs:
            raise ValueError("it pays for nothing: give at least one of [[tariffs]]")
        metrics = [tariff.metric for tariff in self.tariffs]
        if repeated := sorted({metric for metric in metrics if metrics.count(metric) > 1}):
            raise ValueError(f"{', '.join(repeated)} has more than one tariff")
        if len(self.intervention_gbp) != self.years:
            raise ValueError(f"intervention_gbp has {len(self.intervention_gbp)} years, and the contract {self.years}")
        if self.floor_gbp * self.years > self.cap_gbp:
            raise ValueError(f"its floor over {self.years} years comes to more than its cap of £{self.cap_gbp:,.0f}")
        if self.cap_year_gbp is not None and self.floor_gbp > self.cap_year_gbp:
            raise ValueError(f"its floor is above the most it pays in a year, £{self.cap_year_gbp:,.0f}")
        return self

    @property
    def payees(self) -> dict[str, float]:
        """Who outcome payments go to, as shares of one."""
        put_up = self.funding.investor + self.funding.provider
        if not put_up:
            return {"investor": 0.0, "provider": 1.0}
        return {"investor": self.funding.investor / put_up, "provider": self.funding.provider / put_up}
