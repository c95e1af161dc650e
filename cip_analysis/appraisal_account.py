"""A run's work packages weighed: every option played and priced on the forecast's own draws, and kept by content.

    package = read_package(county, "config/work_packages/residential-homes.toml")
    weighed = weigh_package(county, ahead, package)      # an Appraisal an option
    together = weigh_together(county, ahead, packages)   # every preferred option at once: what is counted twice

What is shown of them: cip_analysis/money/appraising/telling.py. Choices: docs/decisions/0030-options-appraisal.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.costs import general_index, prices_ahead, real_year
from cip_analysis.demand.levers.context import LeverError
from cip_analysis.demand.levers.phasing import weight_by_month
from cip_analysis.demand.profile import children_who
from cip_analysis.forecasts import KEPT, Ahead, played_from, player_of
from cip_analysis.homes_account import brought_forward, home_costs, yearly_level
from cip_analysis.ledgers import once
from cip_analysis.money.appraisal import Appraisal, Budget, Ground, appraise, effects_of, run_budget
from cip_analysis.money.appraising.building import build_basis
from cip_analysis.money.appraising.effects import AT_OWN
from cip_analysis.money.appraising.flows import Basis, flows_of
from cip_analysis.money.appraising.sensitivity import worth
from cip_analysis.money.appraising.telling import show_together, worth_of_options
from cip_analysis.money.prices import PriceIndex, price_base, restate_spend, year_name
from cip_analysis.money.pricing.indices import restating_factors
from cip_analysis.money.pricing.paths import PricePaths
from cip_analysis.money.spend import price_projection, whole_years
from cip_analysis.records import Spend
from cip_analysis.run import Run
from cip_analysis.scenario_settings import AnyLever, Lever, Scenario
from cip_analysis.settings import read_settings
from cip_analysis.store import fingerprint, keep_table
from cip_analysis.work_package_settings import AppraisalRules, Cohort, Option, WorkPackage

Draws = NDArray[np.float64]
Pricer = Callable[[Option], Spend]
RULES = Path("config") / "appraisal" / "2018.toml"
PERIODS = (5, 10, 15, 25)
MILLION = 1e6


class AppraisalAccountError(ValueError):
    """A work package cannot be weighed from what the run holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """One work package weighed.

    options: option's key -> its appraisal, doing nothing first, in the package's order. left_out: options that could
    not be played, and why. ground: what they stand on. inflation: £ of each year appraised to one in the price base.
    price_base: of every real £. notes: what must be said beside them.
    """

    package: WorkPackage
    options: dict[str, Appraisal]
    left_out: tuple[str, ...]
    ground: Ground
    inflation: Draws
    price_base: str
    notes: tuple[str, ...]

    @property
    def preferred(self) -> Appraisal:
        """The option the package puts forward. Raises AppraisalAccountError where it could not be played."""
        if self.package.preferred not in self.options:
            raise AppraisalAccountError(
                f"{self.package.title}: its preferred option could not be played. {' '.join(self.left_out)}"
            )
        return self.options[self.package.preferred]


# ---- files ------------------------------------------------------------------------------------------------------


def read_package(run: Run, path: str) -> WorkPackage:
    """One work package's file, from the project's root. Raises SettingsError naming every key at fault."""
    return read_settings(run.root / path, WorkPackage)


def list_packages(run: Run, folder: str) -> tuple[WorkPackage, ...]:
    """Every work package in a folder, by file name. Raises AppraisalAccountError where it holds none."""
    paths = sorted((run.root / folder).glob("*.toml"))
    if not paths:
        raise AppraisalAccountError(f"No work package in {folder}: it holds no .toml file.")
    return tuple(read_settings(path, WorkPackage) for path in paths)


def open_packages(run: Run, ahead: Ahead, path: str) -> tuple[Weighed, ...]:
    """The package of one file, or every package of a folder, weighed; none where none can be (`why_not`)."""
    if why_not(run, ahead):
        return ()
    packages = list_packages(run, path) if (run.root / path).is_dir() else (read_package(run, path),)
    return tuple(weigh_package(run, ahead, package) for package in packages)


def worth_of(run: Run, every: Sequence[Weighed]) -> pd.DataFrame:
    """What every option of every package is worth: package, and the columns of `telling.worth_of_options`."""
    parts = [
        worth_of_options(one.options, count_cohort(run, one.package.cohort)).assign(package=one.package.title)
        for one in every
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def why_not(run: Run, ahead: Ahead) -> str:
    """Why no option can be weighed on this run; blank where they can be."""
    if not run.own_data:
        return "Other returns than the run's own are read here, and its work packages are not about those children."
    if not whole_years(ahead.baseline):
        return "No financial year is projected whole, so no option can be priced: lengthen the horizon."
    return ""


def count_cohort(run: Run, cohort: Cohort) -> int:
    """Children looked after on the census date whom the package is for, respite left out."""
    there = children_who(run.episodes, run.episodes.census_date, cohort.settings, cohort.ages, cohort.needs)
    return int(there["child"].nunique())


# ---- weighing ---------------------------------------------------------------------------------------------------


def weigh_package(run: Run, ahead: Ahead, package: WorkPackage) -> Weighed:
    """Every option of a package played on the forecast's own draws, priced, and weighed beside doing nothing.

    An option whose levers need what the run has not is left out, and says so. Raises AppraisalAccountError where no
    option can be weighed (`why_not`), or a package's years reach outside the forecast's.
    """
    if why := why_not(run, ahead):
        raise AppraisalAccountError(why)
    paths, index = prices_ahead(run, ahead), general_index(run)
    years = _years(ahead, package)
    ground = _ground(run, ahead, package, paths, index)
    priced = _pricer(run, ahead, paths, index)
    nothing = priced(package.nothing)
    options, left_out = {}, list[str]()
    for option in package.options:
        try:
            spend = nothing if option.does_nothing else priced(option)
        except LeverError as error:
            left_out.append(f"Left out: {option.title}. {error}")
            continue
        options[option.key] = appraise(option, effects_of(nothing, spend, years), ground)
    all_years = range(package.first_year, package.first_year + package.years)
    inflation = 1 / restating_factors(index, all_years, real_year(run))
    notes = tuple(dict.fromkeys([*paths.notes, *index.notes_for([*all_years, real_year(run)])]))
    return Weighed(package, options, tuple(left_out), ground, inflation, price_base(real_year(run)), notes)


def weigh_together(run: Run, ahead: Ahead, each: Sequence[Weighed]) -> tuple[Draws, Draws]:
    """What care costs less in each forecast year under every package's preferred option: all at once, and summed.

    Two arrays, draw x year, real £, before anything judged and before what the options cost. Where the second is the
    greater, the packages count the same children's weeks more than once, and their worth must not be added up.
    """
    chosen, ground = [weighed.preferred.option for weighed in each], each[0].ground
    years = _years(ahead, each[0].package)
    joint = chosen[0].model_copy(update={"key": "together", "levers": _merged(chosen), "prices": (), "homes": None})
    index = general_index(run)
    priced = _pricer(run, ahead, prices_ahead(run, ahead), index)
    effects = effects_of(priced(each[0].package.nothing), priced(joint), years)
    homes = [build_basis(option, effects, ground) for option in chosen if option.homes or option.block]
    together = effects.saved.sum(axis=2) + sum((_beyond_levers(basis, len(years)) for basis in homes), np.zeros(1))
    summed = [weighed.preferred for weighed in each]
    return together, np.sum([_unjudged(one, len(years)) for one in summed], axis=0)


def budgets_of(weighed: Weighed) -> dict[str, Budget]:
    """Option's key -> the council's budget under it, year by year; doing nothing is left out."""
    rate = weighed.ground.rules.borrowing_rate
    return {
        key: run_budget(one, weighed.inflation, rate)
        for key, one in weighed.options.items()
        if not one.option.does_nothing
    }


def over_periods(weighed: Weighed, children: int) -> pd.DataFrame:
    """Worth of every option over other lengths of time: option, counted_over, mean_worth_gbp_million, chance_worse,
    children_now.

    Only the years counted change: the effects, held after the forecast's last year, and the yearly costs go on.
    """
    rows = []
    for years in sorted({*PERIODS, weighed.package.years}):
        ground = replace(weighed.ground, package=weighed.package.model_copy(update={"years": years}))
        for one in (one for one in weighed.options.values() if not one.option.does_nothing):
            worth = appraise(one.option, one.effects, ground).npsv
            rows.append((one.option.title, f"{years} years", float(worth.mean()) / MILLION, float((worth < 0).mean())))
    table = pd.DataFrame(rows, columns=["option", "counted_over", "mean_worth_gbp_million", "chance_worse"])
    return table.astype({"option": "str", "counted_over": "str"}).assign(children_now=children)


def _years(ahead: Ahead, package: WorkPackage) -> tuple[int, ...]:
    """The financial years forecast whole from the package's first, a run of them."""
    held = [ahead.baseline.months[end].year for end in whole_years(ahead.baseline)]
    years = tuple(year for year in held if package.first_year <= year < package.first_year + package.years)
    if not years or years[0] != package.first_year:
        raise AppraisalAccountError(
            f"{package.title}: it begins in the year to March {package.first_year}, and the forecast holds whole years "
            f"to March {held[0]} to {held[-1]}. Change its first_year, or forecast further."
        )
    return years


def _pricer(run: Run, ahead: Ahead, paths: PricePaths, index: PriceIndex) -> Pricer:
    """What gives an option's spend in real £, from the store where it is kept."""
    play, base = player_of(run, ahead), fingerprint("appraisal", played_from(run, ahead), paths)

    def priced(option: Option) -> Spend:
        """The spend under an option's levers and prices."""
        scenario = _scenario(option)
        name = fingerprint(base, scenario.levers, option.prices, option.prices_from)
        made = once(lambda: price_projection(play(scenario), _lowered(paths, option), ahead.seed))
        table = keep_table(run.root / KEPT, name, lambda: made().table)
        nominal = Spend(table, paths.price_base, f"projected child-days at {paths.basis}", ahead.baseline.synthetic)
        return restate_spend(nominal, index, real_year(run))

    return priced


def _scenario(option: Option) -> Scenario:
    """An option's levers as a scenario."""
    day = option.first_effect or date.min
    return Scenario(
        name=f"option-{option.key}", title=option.title, source=option.what, owner="", as_of=day, levers=option.levers
    )


def _lowered(paths: PricePaths, option: Option) -> PricePaths:
    """The price paths with the shares off that an option takes, from its day on."""
    if not option.prices:
        return paths
    days = Lever.model_validate({"from": option.prices_from})
    weight = np.concatenate([[0.0], weight_by_month(days, paths.months)])
    factor = np.ones(paths.level.shape[1:])
    for price in option.prices:
        factor[:, SETTINGS.index(price.setting)] *= 1 - price.share_off * weight
    return replace(paths, level=paths.level * factor)


def _ground(run: Run, ahead: Ahead, package: WorkPackage, paths: PricePaths, index: PriceIndex) -> Ground:
    """What the package's options stand on: a home's judged cost, and how it grows beside other prices."""
    own = yearly_level(paths, SETTINGS[AT_OWN])
    first = min(own)
    since = brought_forward(run, SETTINGS[AT_OWN], first)
    years = _years(ahead, package)
    real = restating_factors(index, years, real_year(run))
    growth = np.stack([since * own[year] / own[first] for year in years], axis=1) * real
    rules = read_settings(run.root / RULES, AppraisalRules)
    weeks = float(run.council.weeks_per_year)
    growth = np.broadcast_to(growth, (ahead.baseline.draws, len(years)))
    return Ground(package, rules, weeks, home_costs(run), growth, run.assumptions, ahead.baseline.draws, ahead.seed)


def _merged(options: Sequence[Option]) -> tuple[AnyLever, ...]:
    """Every option's levers, one that two of them share once."""
    named = {lever.model_dump_json(exclude={"note"}): lever for option in options for lever in option.levers}
    return tuple(named.values())


def _unjudged(one: Appraisal, years: int) -> Draws:
    """What an option takes off what care costs in the years forecast, before anything judged of it."""
    return np.asarray(flows_of(one.basis, {}).benefit[:, :years])


def _beyond_levers(basis: Basis, years: int) -> Draws:
    """Of a basis, what its homes and block take off what care costs: its levers left out."""
    return np.asarray(flows_of(replace(basis, saved=np.zeros_like(basis.saved)), {}).benefit[:, :years])


# ---- for a page -------------------------------------------------------------------------------------------------


def together_table(run: Run, ahead: Ahead, each: Sequence[Weighed]) -> pd.DataFrame:
    """`weigh_together` by year: columns of `telling.show_together`, over all children in care."""
    together, summed = weigh_together(run, ahead, each)
    everyone = count_cohort(run, Cohort(children="every child looked after"))
    return show_together(together, summed, _years(ahead, each[0].package), everyone)


def cohort_table(run: Run, package: WorkPackage) -> pd.DataFrame:
    """The children a package is for: who, in words, and children_now."""
    cohort = package.cohort
    parts = [*cohort.settings, *cohort.ages, *cohort.needs]
    who = f"{cohort.children} (counted: {', '.join(parts) or 'all'})"
    return pd.DataFrame({"who": [who], "children_now": [count_cohort(run, cohort)]})


def worth_at_likeliest(one: Appraisal) -> float:
    """Mean worth with everything judged at its likeliest, £."""
    return float(worth(one.basis, {name: factor.mid for name, factor in one.factors.items()}, one.discount).mean())


def known_years(weighed: Weighed) -> list[str]:
    """The years that are forecast, as a page names them."""
    return [year_name(year) for year in weighed.preferred.effects.years]
