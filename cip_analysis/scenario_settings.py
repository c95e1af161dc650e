"""Scenario files, read into frozen objects: which levers, from when, where they come from and who answers for them.

A setting, age band, need or way out that is not known is refused by name, with the list there is. What each lever does
to the inputs of a projection is in demand/levers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from cip_analysis.codes import AGE_BANDS, NEEDS, SETTINGS, WAYS_OUT
from cip_analysis.projections import BASELINE
from cip_analysis.settings import Settings

OWN_SETTINGS = ("in-house foster", "in-house residential")


def _known(kind: str, names: Sequence[str]) -> AfterValidator:
    """Refuse a name that is not one of those there are."""

    def check(name: str) -> str:
        """The name, if it is known."""
        if name not in names:
            raise ValueError(f"{name!r} is not {kind}; there are: {', '.join(names)}")
        return name

    return AfterValidator(check)


AgeBand = Annotated[str, _known("an age band", AGE_BANDS)]
Need = Annotated[str, _known("a need", (*(code.name for code in NEEDS.values()), "not recorded"))]
WayOut = Annotated[str, _known("a way out that a lever can move", WAYS_OUT[:-1])]
Setting = Annotated[str, _known("a setting", SETTINGS)]
OwnSetting = Annotated[str, _known("a setting of the council's own", OWN_SETTINGS)]
Factor = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Lever(Settings):
    """When a lever acts: from a day, in full by another (in a straight line; blank, at once), until a last day."""

    model_config = ConfigDict(populate_by_name=True)

    begins: date = Field(alias="from")
    full_by: date | None = None
    until: date | None = None
    note: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Lever:
        days = [day for day in (self.begins, self.full_by, self.until) if day]
        if days != sorted(days):
            raise ValueError("its days are not in order: from, full_by, until")
        return self

    def just_one(self, *names: str) -> None:
        """Refuse a lever that gives none of these, or more than one."""
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError(f"give one of {', '.join(names)}, and only one")


class StartsLever(Lever):
    """A factor on arrivals of other than unaccompanied children; blank ages or needs are all of them."""

    what: Literal["starts"] = "starts"
    factor: Factor
    ages: tuple[AgeBand, ...] = ()
    needs: tuple[Need, ...] = ()


class UnaccompaniedLever(Lever):
    """Unaccompanied children: a factor on arrivals, or more of them until so many are in care at once.

    share_of_children: of the population aged 0 to 17, in care at once as unaccompanied children (0.0007 is 0.07%).
    """

    what: Literal["unaccompanied"] = "unaccompanied"
    factor: Factor | None = None
    children_at_once: Factor | None = None
    share_of_children: Share | None = None

    @model_validator(mode="after")
    def _one(self) -> UnaccompaniedLever:
        self.just_one("factor", "children_at_once", "share_of_children")
        return self


class RateLever(Lever):
    """A rate made higher or lower: by a factor, by so much a child-year, or by so many children a year."""

    factor: Factor | None = None
    added_rate_a_year: Factor | None = None
    children_a_year: Factor | None = None
    ages: tuple[AgeBand, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> RateLever:
        self.just_one("factor", "added_rate_a_year", "children_a_year")
        return self


class LeavingLever(RateLever):
    """Leaving care from some settings (blank, all) by some ways out (blank, all: then by a factor only)."""

    what: Literal["leaving"] = "leaving"
    settings: tuple[Setting, ...] = ()
    ways_out: tuple[WayOut, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> LeavingLever:
        if self.factor is None and len(self.ways_out) != 1:
            raise ValueError("children or a rate are added to one way out: name it in ways_out")
        return self


class _Between(Lever):
    from_setting: Setting
    to_setting: Setting

    @model_validator(mode="after")
    def _two(self) -> _Between:
        if self.from_setting == self.to_setting:
            raise ValueError(f"from_setting and to_setting are both {self.to_setting}")
        return self


class MovingLever(_Between, RateLever):
    """Moving from one setting to another while in care, as in a step down."""

    what: Literal["moving"] = "moving"


class DivertingLever(_Between):
    """A share of would-be placements in one setting made in another instead."""

    what: Literal["diverting"] = "diverting"
    share: Share


class PlacesLever(Lever):
    """Places of the council's own opened (above nought) or closed (below), children coming from another setting.

    places, and households x places_a_household, are added up. occupancy: share of them filled. at_most: the most of
    the other setting's would-be placements that may come to them.
    """

    what: Literal["places"] = "places"
    setting: OwnSetting
    filled_from: Setting
    places: Number = 0
    households: Number = 0
    places_a_household: Factor = 1
    occupancy: Share = 1
    at_most: Share = 1

    @property
    def in_all(self) -> float:
        """Places opened when in full; below nought, closed."""
        return self.places + self.households * self.places_a_household

    @model_validator(mode="after")
    def _some(self) -> PlacesLever:
        if self.in_all == 0:
            raise ValueError("it opens and closes nothing: give places, or households")
        if self.setting == self.filled_from:
            raise ValueError(f"setting and filled_from are both {self.setting}")
        return self


class ConvergeLever(Lever):
    """Some of the gap to the neighbours' rate closed: all, the share usual so far ahead, or a stated share."""

    what: Literal["converge"] = "converge"
    share: Literal["full", "estimated"] | Share

    @model_validator(mode="after")
    def _dated(self) -> ConvergeLever:
        if self.share != "estimated" and self.full_by is None:
            raise ValueError("say by which day that share of the gap is closed: full_by")
        return self


AnyLever = Annotated[
    StartsLever | UnaccompaniedLever | LeavingLever | MovingLever | DivertingLever | PlacesLever | ConvergeLever,
    Field(discriminator="what"),
]


class Scenario(Settings):
    """A named set of levers, where they come from and who answers for them; with none it is the baseline."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str
    source: str
    owner: str
    as_of: date
    note: str = ""
    levers: tuple[AnyLever, ...] = ()

    @model_validator(mode="after")
    def _not_the_baseline(self) -> Scenario:
        if self.name == BASELINE:
            raise ValueError(f"{BASELINE!r} is the name of the forecast without levers: call the scenario another")
        return self
