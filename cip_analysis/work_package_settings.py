"""Work packages read into frozen objects: scope, cohort, options with what each alters and costs, risks, outcomes.

A work package is one file, designed, delivered and evaluated in turn (July 2018 Cabinet report, paragraphs 41 and 42).
What an option is worth beside doing nothing: docs/decisions/0030-options-appraisal.md.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cip_analysis.savings_settings import PriceLever
from cip_analysis.scenario_settings import AgeBand, AnyLever, Need, Setting, Share
from cip_analysis.settings import Settings

AssetClass = Literal["standard building", "non-standard building", "equipment"]
Stage = Literal["design", "delivery", "evaluation"]
Kind = Literal["do nothing", "do minimum", "framework and block", "in-house", "partnership"]
KINDS: tuple[Kind, ...] = ("do nothing", "do minimum", "framework and block", "in-house", "partnership")
Standing = Literal["better", "a little better", "the same", "worse", "not known"]
Grade = Literal["low", "medium", "high"]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Year = Annotated[int, Field(ge=2000, le=2200)]
WHOLE = 1e-9


class Range(Settings):
    """A judgement as low, likeliest and high; drawn from the triangle over the three."""

    low: Amount
    mid: Amount
    high: Amount

    @model_validator(mode="after")
    def _in_order(self) -> Range:
        if not self.low <= self.mid <= self.high:
            raise ValueError(f"low {self.low:g}, mid {self.mid:g}, high {self.high:g} are not in order")
        return self


class Capital(Settings):
    """Money spent once, £ in the price base, before optimism bias, in the financial year ending 31 March `year`.

    mitigated: the part of the way from the upper bound of optimism bias to the lower that work done so far has earned.
    """

    what: str
    gbp: Amount
    year: Year
    asset_class: AssetClass
    life_years: Annotated[int, Field(gt=0, le=100)]
    mitigated: Share = 0.0


class Revenue(Settings):
    """Money spent every year from a day to a day (blank, to the end), £ a year in the price base."""

    what: str
    gbp_a_year: Amount
    begins: date
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Revenue:
        if self.until and self.until < self.begins:
            raise ValueError(f"{self.what}: it ends before it begins")
        return self


class Homes(Settings):
    """Homes of the council's own, or run for it: their true cost in place of a price for each week lived there.

    number: homes of `beds` each, open from a day and filled to `occupancy` in a straight line by another, with children
    who would else live in `filled_from`. The judgements named home.* say what one costs a year to run.
    """

    number: Annotated[int, Field(gt=0)]
    beds: Annotated[int, Field(gt=0)]
    opens: date
    full_by: date
    occupancy: Share
    filled_from: Setting = "external residential"

    @model_validator(mode="after")
    def _in_order(self) -> Homes:
        if self.full_by < self.opens:
            raise ValueError("its homes are full before they open")
        return self


class Block(Settings):
    """Beds bought in one setting whether lived in or not: a share off the price of every bed, empty ones included."""

    setting: Setting
    beds: Annotated[int, Field(gt=0)]
    share_off: Share
    occupancy: Share
    begins: date


class Shares(Settings):
    """Who puts up the capital, as shares of one; none may be left out."""

    council: Share
    partner: Share
    grant: Share

    @model_validator(mode="after")
    def _whole(self) -> Shares:
        if abs(self.council + self.partner + self.grant - 1) > WHOLE:
            raise ValueError(f"shares of capital come to {self.council + self.partner + self.grant:g}, not to 1")
        return self


class Option(Settings):
    """One way of meeting the need. With no lever, price, block, home, capital or revenue it is doing nothing.

    levers: what it alters of demand or places, in the words of a scenario file. prices: shares off prices. delivered:
    of its effect, how much comes, as a multiple. late_years: by how much its effect comes late, while its costs do not.
    drop_off: the part of its effect lost in each year after the forecast's last. spared: running costs that go.
    revenue_over: its running costs as a multiple of those stated. shares: who puts up the capital. partner_rate: what a
    year the council pays the partner on its capital, paid back over `partner_years`.
    """

    key: Key
    title: str
    kind: Kind
    what: str
    levers: tuple[AnyLever, ...] = ()
    prices: tuple[PriceLever, ...] = ()
    prices_from: date | None = None
    capital: tuple[Capital, ...] = ()
    revenue: tuple[Revenue, ...] = ()
    spared: tuple[Revenue, ...] = ()
    homes: Homes | None = None
    block: Block | None = None
    shares: Shares | None = None
    partner_rate: Share = 0.0
    partner_years: Annotated[int, Field(gt=0, le=60)] = 10
    delivered: Range = Range(low=1, mid=1, high=1)
    late_years: Range = Range(low=0, mid=0, high=0)
    drop_off: Range = Range(low=0, mid=0, high=0)
    revenue_over: Range = Range(low=1, mid=1, high=1)
    note: str = ""

    @property
    def does_nothing(self) -> bool:
        """Whether nothing at all follows from it."""
        return not (
            self.levers or self.prices or self.capital or self.revenue or self.spared or self.homes or self.block
        )

    @property
    def first_effect(self) -> date | None:
        """The first day on which anything it alters acts; none where it alters nothing."""
        days = [lever.begins for lever in self.levers] + ([self.block.begins] if self.block else [])
        days += [self.homes.opens] if self.homes else []
        days += [self.prices_from] if self.prices_from and self.prices else []
        return min(days, default=None)

    @model_validator(mode="after")
    def _sound(self) -> Option:
        if self.kind == "do nothing" and not self.does_nothing:
            raise ValueError(f"{self.key}: doing nothing alters and costs nothing, but it has a lever or a cost")
        if self.capital and self.shares is None:
            raise ValueError(f"{self.key}: say who puts up its capital: shares = {{ council, partner, grant }}")
        if self.prices and self.prices_from is None:
            raise ValueError(f"{self.key}: say from when its prices are lower: prices_from")
        if self.drop_off.high > 1:
            raise ValueError(f"{self.key}: drop_off is a share lost a year, from 0 to 1")
        return self._not_too_late()

    def _not_too_late(self) -> Option:
        """Refuse benefits before the capital for them is spent, and more children than beds."""
        late = [one for one in self.capital if self.first_effect and one.year > _financial_year(self.first_effect)]
        if late:
            raise ValueError(
                f"{self.key}: {late[0].what} is paid for in the year to March {late[0].year}, after its benefits begin "
                f"on {self.first_effect:%-d %B %Y}: bring the capital forward or the benefits back"
            )
        filled = [lever for lever in self.levers if lever.what == "places" and lever.setting == "in-house residential"]
        if self.homes and filled:
            raise ValueError(f"{self.key}: its homes are filled twice: by `homes`, and by a lever on places in them")
        for beds in (self.homes, self.block):
            if beds and beds.occupancy * self.delivered.high > 1:
                raise ValueError(f"{self.key}: occupancy × delivered.high is above 1: more weeks than there are beds")
        return self


class Cohort(Settings):
    """The children it is for: in words, and as the settings, ages and needs that count them (blank, any)."""

    children: str
    settings: tuple[Setting, ...] = ()
    ages: tuple[AgeBand, ...] = ()
    needs: tuple[Need, ...] = ()


class Risk(Settings):
    """What may go wrong, how likely and how bad, and what is done about it."""

    what: str
    likelihood: Grade
    impact: Grade
    mitigation: str
    owner: str


class Outcome(Settings):
    """Something hoped for that no £ is put on: how it is measured, and how each option stands to doing nothing.

    options: option's key -> standing; every option but doing nothing.
    """

    what: str
    measure: str
    evidence: str
    options: dict[str, Standing]


class WorkPackage(Settings):
    """One work package: why, for whom, the options and what becomes of them.

    first_year: the financial year, by its 31 March, of the first spending: year nought, not discounted. years: how many
    are appraised, that one included. preferred: the option the package puts forward. contract: an outcomes contract's
    file, and contract_option the option it pays for; blank where there is none. evaluation: its plan's file.
    paragraphs: of the July 2018 Cabinet report.
    """

    key: Key
    title: str
    priority_area: str
    stage: Stage
    scope: str
    delivery: str
    paragraphs: tuple[Annotated[int, Field(gt=0)], ...] = ()
    cohort: Cohort
    first_year: Year
    years: Annotated[int, Field(ge=2, le=125)]
    options: tuple[Option, ...]
    preferred: str
    risks: tuple[Risk, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    contract: str = ""
    contract_option: str = ""
    evaluation: str = ""
    source: str
    owner: str
    as_of: date

    @property
    def named(self) -> dict[str, Option]:
        """Options by key, in their order."""
        return {option.key: option for option in self.options}

    @property
    def nothing(self) -> Option:
        """Doing nothing: the option every other is weighed against."""
        return next(option for option in self.options if option.kind == "do nothing")

    @model_validator(mode="after")
    def _whole(self) -> WorkPackage:
        keys = [option.key for option in self.options]
        if repeated := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"{', '.join(repeated)} is among the options more than once")
        if sum(option.kind == "do nothing" for option in self.options) != 1:
            raise ValueError("one option, and only one, does nothing: the others are weighed against it")
        for what, key in {"preferred": self.preferred, "contract_option": self.contract_option}.items():
            if key and key not in keys:
                raise ValueError(f"{what} is {key!r}, which is not among the options: {', '.join(keys)}")
        if bool(self.contract) != bool(self.contract_option):
            raise ValueError("give contract and contract_option together, or neither")
        return self._each_weighed()

    def _each_weighed(self) -> WorkPackage:
        """Refuse an outcome that leaves an option out, and spending outside the years appraised."""
        weighed = {option.key for option in self.options} - {self.nothing.key}
        for outcome in self.outcomes:
            if unlike := sorted(weighed ^ set(outcome.options)):
                raise ValueError(f"{outcome.what}: its options are not those of the package: {', '.join(unlike)}")
        last = self.first_year + self.years - 1
        for option in self.options:
            if any(not self.first_year <= spent.year <= last for spent in option.capital):
                raise ValueError(f"{option.key}: capital is spent outside the years appraised, to March {last}")
        return self


class DiscountBand(Settings):
    """A yearly rate from one year after the first to another."""

    first: Annotated[int, Field(ge=1)]
    last: Annotated[int, Field(ge=1)]
    rate: Share


class Bias(Settings):
    """Optimism bias of capital for one class of asset: shares added at the upper and lower bound."""

    asset_class: AssetClass
    upper: Annotated[float, Field(ge=0, le=5)]
    lower: Annotated[float, Field(ge=0, le=5)]


class AppraisalRules(Settings):
    """How options are appraised: the discount schedule in force, optimism bias, and how a council pays for capital.

    borrowing_rate: nominal, a year. Each source is named.
    """

    title: str
    discounting: tuple[DiscountBand, ...]
    discounting_source: str
    optimism_bias: tuple[Bias, ...]
    optimism_bias_source: str
    borrowing_rate: Share
    borrowing_source: str
    as_of: date
    owner: str

    @model_validator(mode="after")
    def _follow_on(self) -> AppraisalRules:
        firsts = [band.first for band in self.discounting]
        if not firsts or firsts[0] != 1 or firsts[1:] != [band.last + 1 for band in self.discounting[:-1]]:
            raise ValueError("discounting: its years do not run on from 1 without a gap")
        if len({bias.asset_class for bias in self.optimism_bias}) != len(self.optimism_bias):
            raise ValueError("optimism_bias: a class of asset is named more than once")
        if wrong := [bias.asset_class for bias in self.optimism_bias if bias.lower > bias.upper]:
            raise ValueError(f"optimism_bias: the lower bound of {', '.join(wrong)} lies above the upper")
        return self


def _financial_year(day: date) -> int:
    """The financial year a day falls in, by its 31 March."""
    return day.year + (day.month > 3)
