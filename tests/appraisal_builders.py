"""Small builders for appraisals: a package of two options, effects of a few draws, and the ground they stand on."""

from __future__ import annotations

from datetime import date

import numpy as np
from builders import ROOT

from cip_analysis.codes import SETTINGS
from cip_analysis.money.appraisal import Effects, Ground
from cip_analysis.money.homes import HomeCosts
from cip_analysis.settings import read_assumptions, read_settings
from cip_analysis.work_package_settings import AppraisalRules, Cohort, Option, WorkPackage

RULES = read_settings(ROOT / "config" / "appraisal" / "2018.toml", AppraisalRules)
JUDGEMENTS = read_assumptions(ROOT / "config" / "assumptions.toml")
BOUGHT = SETTINGS.index("external residential")
NOTHING = {"key": "nothing", "title": "Nothing", "kind": "do nothing", "what": "as now"}
TEAM = {"key": "team", "title": "A team", "kind": "in-house", "what": "a team",
        "revenue": [{"what": "the team", "gbp_a_year": 100.0, "begins": "2018-04-01"}]}  # fmt: skip


def an_option(**changes: object) -> Option:
    """An option that costs £100 a year from the first day, with `changes`."""
    return Option.model_validate({**TEAM, **changes})


def a_package(*options: Option, **changes: object) -> WorkPackage:
    """A package of doing nothing and some options, over four years from 2018/19."""
    nothing = [] if any(option.does_nothing for option in options) else [Option.model_validate(NOTHING)]
    every = [*nothing, *options]
    told = {
        "key": "package", "title": "A package", "priority_area": "area", "stage": "design", "scope": "scope",
        "delivery": "delivery", "cohort": Cohort(children="children", settings=("external residential",)),
        "first_year": 2019, "years": 4, "options": every, "preferred": every[-1].key, "source": "invented",
        "owner": "nobody", "as_of": date(2018, 7, 6),
    }  # fmt: skip
    return WorkPackage.model_validate({**told, **changes})


def some_effects(saved: list[list[float]], weeks: float = 500.0, price: float = 3_000.0) -> Effects:
    """£ saved by draw and year in external residential care; half a week fewer a £1,000, and so many weeks there."""
    spared = np.array(saved, dtype="float64")
    shape = (*spared.shape, len(SETTINGS))
    cubes = {name: np.zeros(shape) for name in ("saved", "fewer", "weeks", "price")}
    cubes["saved"][:, :, BOUGHT] = spared
    cubes["fewer"][:, :, BOUGHT] = spared / 2_000
    cubes["weeks"][:, :, BOUGHT] = weeks
    cubes["price"][:, :, BOUGHT] = price
    years = tuple(2019 + place for place in range(spared.shape[1]))
    return Effects(years, **cubes, price_base="2017/18 prices")


def some_ground(package: WorkPackage, draws: int = 2, known: int = 2, **changes: object) -> Ground:
    """Weeks of 50 a year, a home at £400,000 a year and £100 a week, prices that do not grow."""
    home = HomeCosts(staff_gbp=300_000, overheads_gbp=60_000, other_fixed_gbp=40_000, variable_gbp=100, capital_gbp=0,
                     life_years=25, rate=0.035, beds=4, weeks=50, price_base="2017/18 prices")  # fmt: skip
    told = {"rules": RULES, "weeks": 50.0, "home": home, "growth": np.ones((draws, known)), "judgements": JUDGEMENTS,
            "draws": draws, "seed": 1}  # fmt: skip
    return Ground(package, **{**told, **changes})
