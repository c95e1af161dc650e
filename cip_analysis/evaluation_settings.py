"""A plan of evaluation, written before outcomes are seen and read into frozen objects; and its hash.

A plan says what would be measured, on whom, from when, against what, and what effect is worth finding, so that none of
it can be chosen once the answer is known. Its hash is of what it says and not of how its file is laid out. How plans
are registered and held to: docs/decisions/0032-evaluation.md.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, model_validator

from cip_analysis.scenario_settings import AgeBand, Setting
from cip_analysis.settings import Settings, read_settings

Method = Literal["interrupted series", "difference in differences", "synthetic control", "step-down cohort"]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Chance = Annotated[float, Field(gt=0, lt=1)]
Planted = Annotated[float, Field(gt=-1, lt=10, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
UNREGISTERED, AS_REGISTERED, CHANGED = "not registered", "as registered", "changed since it was registered"
REGISTER = "registered.toml"


class EvaluationError(ValueError):
    """A plan of evaluation cannot be found."""


class LeftOut(Settings):
    """Months that the plan leaves out, from the first day to the last, and why: a pandemic, a change of recording."""

    begins: date = Field(alias="from")
    to: date
    because: str

    @model_validator(mode="after")
    def _in_order(self) -> LeftOut:
        if self.to < self.begins:
            raise ValueError("its days are not in order: from, to")
        return self


class EvaluationPlan(Settings):
    """What an evaluation will measure, and how, agreed before anyone sees the outcome.

    key: its name in the register. outcome: what is measured, in words; settings: where the weeks of care are that are
    counted; ages: of whom, blank for everyone. start, full_by: the day the programme begins, and the day it is in full
    (blank, at once). follow_months: how many months weeks of care take, on average, to follow what is done, because
    children already there stay on; nought, at once. pre_from, pre_to: first and last day of the months before; post_to:
    last day of the months after, which begin with the month of `start`. left_out: months that count for neither.
    comparators: who stands beside, in words. slope: whether the programme may go on changing the trend once in full.
    season_pairs: pairs of waves a year (0, none; 2 at most). method: the one that decides; also: others that are shown.
    effect: the change worth finding, once all of it has come, as a share (-0.15 is 15% fewer weeks). alpha, power: the
    chance of a false alarm that is accepted, and of finding that effect that is wanted. running_cost_gbp a year and
    one_off_gbp: of the programme. goes_to: where a child who steps down lives, for the price of that week. planted: the
    change that is put into invented weeks, as a share, for a worked example; none for a real plan. outcomes_seen:
    whether anyone had seen outcomes when it was agreed.
    """

    key: Key
    title: str
    programme: str
    outcome: str
    settings: tuple[Setting, ...]
    ages: tuple[AgeBand, ...] = ()
    start: date
    full_by: date | None = None
    follow_months: Amount = 0
    pre_from: date
    pre_to: date
    post_to: date
    left_out: tuple[LeftOut, ...] = ()
    comparators: tuple[str, ...] = ()
    slope: bool = False
    season_pairs: Annotated[int, Field(ge=0, le=2)] = 0
    method: Method = "interrupted series"
    also: tuple[Method, ...] = ()
    effect: Annotated[float, Field(gt=-1, lt=1)]
    alpha: Chance = 0.05
    power: Chance = 0.8
    running_cost_gbp: Amount = 0
    one_off_gbp: Amount = 0
    goes_to: Setting | None = None
    planted: Planted | None = None
    source: str
    owner: str
    agreed: date
    outcomes_seen: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _whole(self) -> EvaluationPlan:
        order = ("pre_from", "pre_to", "start", "full_by", "post_to")
        days = [day for day in (getattr(self, name) for name in order) if day]
        if days != sorted(days) or self.pre_to >= self.start:
            raise ValueError(f"its days are not in order: {', '.join(order)}")
        if not self.settings:
            raise ValueError("it names no setting whose weeks of care are counted: give settings")
        if not self.effect:
            raise ValueError("an effect of nought is not worth finding: give effect, as a share below or above nought")
        if self.method in self.also:
            raise ValueError(f"{self.method} is its method and among the others: name it once")
        return self

    @property
    def in_full(self) -> date:
        """The day from which the programme is in full."""
        return self.full_by or self.start

    @property
    def months_before(self) -> pd.DatetimeIndex:
        """Month ends of the months before, those left out taken away."""
        return self._kept(pd.date_range(self.pre_from, month_end(self.pre_to), freq="ME"))

    @property
    def months_after(self) -> pd.DatetimeIndex:
        """Month ends from the month the programme begins, those left out taken away."""
        return self._kept(pd.date_range(self.start, month_end(self.post_to), freq="ME"))

    def _kept(self, months: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The months that the plan does not leave out."""
        for span in self.left_out:
            months = months[(months < pd.Timestamp(span.begins)) | (months > month_end(span.to))]
        return months


class Entry(Settings):
    """A plan in the register: its hash on the day it was registered."""

    plan_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    registered: date


class Register(Settings):
    """Plans registered: key -> hash and day."""

    plans: dict[Key, Entry] = Field(default_factory=dict)


def month_end(day: date) -> pd.Timestamp:
    """The last day of the month a day is in.

    >>> month_end(date(2018, 2, 3)).date()
    datetime.date(2018, 2, 28)
    """
    return pd.Timestamp(day) + pd.offsets.MonthEnd(0)


def plan_hash(plan: EvaluationPlan) -> str:
    """The SHA-256 of what a plan says: of its values under their names, in order of the names.

    Comments, the order of lines and how a file is spaced do not move it. A default written out is the default.
    """
    said = json.dumps(plan.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def check_registered(plan: EvaluationPlan, register: Register) -> str:
    """Whether a plan is as it was registered: UNREGISTERED, AS_REGISTERED or CHANGED."""
    entry = register.plans.get(plan.key)
    if entry is None:
        return UNREGISTERED
    return AS_REGISTERED if entry.plan_hash == plan_hash(plan) else CHANGED


def read_plans(folder: Path) -> tuple[EvaluationPlan, ...]:
    """Every plan of a folder, by the name of its file; none where there is no such folder.

    Raises SettingsError naming the file and key at fault; EvaluationError where two plans have one key.
    """
    files = [path for path in sorted(folder.glob("*.toml")) if path.name != REGISTER]
    plans = tuple(read_settings(path, EvaluationPlan) for path in files)
    keys = [plan.key for plan in plans]
    if repeated := sorted({key for key in keys if keys.count(key) > 1}):
        raise EvaluationError(f"More than one plan is called {', '.join(repeated)}. Give each a key of its own.")
    return plans


def find_plan(plans: tuple[EvaluationPlan, ...], key: str) -> EvaluationPlan:
    """The plan of that key. Raises EvaluationError naming those there are."""
    found = next((plan for plan in plans if plan.key == key), None)
    if found is None:
        known = ", ".join(plan.key for plan in plans) or "none"
        raise EvaluationError(f"No plan of evaluation is called {key!r}; there are: {known}.")
    return found


def read_register(folder: Path) -> Register:
    """The register beside the plans; an empty one where there is no file of it."""
    path = folder / REGISTER
    return read_settings(path, Register) if path.exists() else Register()
