"""Homes and carers of the council's own beside the same care bought, in tables shaped for a page.

    paths = prices_ahead(county, ahead)
    home_table(county, paths); break_even_table(county, paths); heat_table(county); carers_table(county, paths)

Each function returns a plain table or a few words; nothing is drawn or released here. Prices are those of `paths`,
nominal £, draw by draw; costs are judgements, drawn from their ranges and rising with the council's own care in
`paths`. What follows from a price rests on the children it is the mean of: they stand beside it as `children`.
Choices: docs/decisions/0020-homes-and-carers.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.capacity import HOMES, LEAVING, PLACES_EACH, USABLE
from cip_analysis.money.homes import (
    CLOSED,
    FULL,
    MATCHED,
    Amount,
    HomeCosts,
    HomesError,
    break_even_occupancy,
    cost_per_occupied_week,
    cost_year,
    draw_costs,
    heat_of_saving,
    judged_costs,
    reopening_occupancy,
    saving_year,
    say_break_even,
    uprated,
)
from cip_analysis.money.outturn import ASSUMED_PRICE_BASE
from cip_analysis.money.own.carers import (
    IN_HOUSE,
    INDEPENDENT,
    UPLIFT,
    CarerCourse,
    CarerPlan,
    CarersFound,
    CarerTerms,
    chance_of_payback,
    draw_terms,
    judged_plan,
    paid_back_by,
    play_plan,
    weigh_plan,
    yearly_course,
)
from cip_analysis.money.own.judged import draw_judgement, held_judgements
from cip_analysis.money.pricing.indices import NOMINAL, financial_year_of
from cip_analysis.money.pricing.paths import PricePaths
from cip_analysis.money.pricing.today import ASSUMED_YEAR
from cip_analysis.money.spend import count_child_days, price_key
from cip_analysis.run import Run
from cip_analysis.settings import Home

Draws = NDArray[np.floating]
BOUGHT, OWN = "external residential", "in-house residential"
OCCUPANCIES = (0.60, 0.70, 0.80, 0.85, 0.90, 1.00)
HEAT_OCCUPANCIES = tuple(round(1 - step / 20, 2) for step in range(11))
HEAT_PRICES = tuple(range(3_000, 7_001, 500))
HOUSEHOLDS = (10, 20, 30, 40)
SHUT, AS_HOMES_ARE = "shut", "open, as full as homes are"
JUDGED_FOR = 4
"""Beds of the home that the judgements describe."""

UNNAMED = Home(name="home of four beds", beds=JUDGED_FOR, open=False, note="no home is named in the council's settings")


@dataclass(frozen=True, slots=True, eq=False)
class HomeAhead:
    """One financial year of a home and of what its children would cost elsewhere, an element a draw, nominal £.

    costs: of the home open. closed_gbp: a year shut, the building apart. mean_price: £ a child-week, of all children
    in external residential care; price: of those who could live in the home. usable: share of beds that can be filled.
    """

    financial_year: int
    costs: HomeCosts
    closed_gbp: Draws
    mean_price: Draws
    price: Draws
    usable: Draws

    @property
    def shut(self) -> Draws:
        """What leaving it shut saves: what it costs, with a minus."""
        return np.asarray(saving_year(self.costs, self.closed_gbp, self.price, 0.0))


# ---- the home ---------------------------------------------------------------------------------------------------


def home_of(run: Run) -> Home:
    """The council's home that is shut; where none is, its first; where it names none, one of four beds."""
    homes = run.council.capacity.homes
    return next((home for home in homes if not home.open), homes[0] if homes else UNNAMED)


def home_costs(run: Run) -> HomeCosts:
    """That home at the judgements' likeliest values, in 2017/18 prices, at the council's weeks a year."""
    return judged_costs(run.assumptions, home_of(run).beds, float(run.council.weeks_per_year), ASSUMED_PRICE_BASE)


def home_notes(run: Run, paths: PricePaths) -> tuple[str, ...]:
    """What must be said beside the home's figures: where prices come from, and how the home differs from the judged."""
    home = home_of(run)
    said = [f"A week bought is at {paths.basis}. A home's costs are judged, and rise with the council's own homes."]
    if home is UNNAMED:
        said.append(f"The figures are of a home of {JUDGED_FOR} beds: {UNNAMED.note}.")
    if home.beds != JUDGED_FOR:
        said.append(f"Staff and building are judged for {JUDGED_FOR} beds, and this home has {home.beds}: judge anew.")
    return (*said, *paths.notes)


def homes_ahead(run: Run, paths: PricePaths) -> tuple[HomeAhead, ...]:
    """The home in the last year of outturn and in every financial year ahead, draw by draw.

    Raises HomesError where the paths are not nominal, or give homes of the council's own no price to rise with.
    """
    if paths.price_base != NOMINAL:
        raise HomesError(f"Homes are reckoned in nominal £; these prices are in {paths.price_base}.")
    own, bought = (yearly_level(paths, setting) for setting in (OWN, BOUGHT))
    first = min(own)
    if (own[first] <= 0).any():
        raise HomesError(f"A week of {OWN} care costs nothing in these prices, so a home's costs cannot rise with it.")
    judged, seed = held_judgements(run.assumptions, (CLOSED, MATCHED, USABLE[HOMES])), run.settings.seed
    drawn = draw_costs(home_costs(run), run.assumptions, paths.draws, seed)
    closed, matched, usable = (draw_judgement(one, name, paths.draws, seed) for name, one in judged.items())
    since = brought_forward(run, OWN, first)
    return tuple(
        HomeAhead(
            financial_year=year,
            costs=uprated(drawn, since * own[year] / own[first], NOMINAL),
            closed_gbp=closed * since * own[year] / own[first],
            mean_price=bought[year],
            price=bought[year] * matched,
            usable=usable,
        )
        for year in own
    )


def home_table(run: Run, paths: PricePaths, occupancies: Sequence[float] = OCCUPANCIES) -> pd.DataFrame:
    """The home shut, open at each occupancy, and as full as homes are (drawn), beside the same weeks bought.

    Counts: children (whom the mean external price rests on). Resting on it: bought_gbp, p10_saving_gbp,
    p50_saving_gbp, p90_saving_gbp (a year, against buying the same weeks; below nought it costs more), chance_cheaper
    (than buying), gain_over_shut_gbp (the saving of opening instead of leaving it shut), chance_beats_shut. Plain:
    financial_year (ending 31 March, the first the last of outturn), option, child_weeks_in_it, weekly_cost_gbp
    (of a week lived there, blank where shut), year_cost_gbp, price_base.
    """
    there = _children(run, BOUGHT)
    options: dict[str, Amount] = {SHUT: 0.0, **{f"open, {share:.0%} full": share for share in occupancies}}
    rows = [
        {"financial_year": year.financial_year, "option": option} | _option(year, occupancy) | {"children": there}
        for year in homes_ahead(run, paths)
        for option, occupancy in (*options.items(), (AS_HOMES_ARE, year.usable))
    ]
    return pd.DataFrame(rows).astype({"option": "str"}).assign(price_base=NOMINAL)


def _option(year: HomeAhead, occupancy: Amount) -> dict[str, float]:
    """One option in one year: medians, the ends of eight draws in ten, and chances. occupancy: nought where shut."""
    shut = np.max(occupancy) == 0
    weeks = year.costs.bed_weeks * occupancy
    saving = np.asarray(saving_year(year.costs, year.closed_gbp, year.price, occupancy))
    over_shut = saving - year.shut
    low, middle, high = np.percentile(saving, [10, 50, 90])
    return {
        "child_weeks_in_it": float(np.median(weeks)),
        "weekly_cost_gbp": np.nan if shut else float(np.median(cost_per_occupied_week(year.costs, occupancy))),
        "year_cost_gbp": float(np.median(-year.shut if shut else cost_year(year.costs, occupancy))),
        "bought_gbp": float(np.median(weeks * year.price)),
        "p10_saving_gbp": float(low),
        "p50_saving_gbp": float(middle),
        "p90_saving_gbp": float(high),
        "chance_cheaper": float((saving > 0).mean()),
        "gain_over_shut_gbp": float(np.median(over_shut)),
        "chance_beats_shut": float((over_shut > 0).mean()),
    }


def break_even_table(run: Run, paths: PricePaths) -> pd.DataFrame:
    """How full the home must be to cost what a bought week does, and to be worth opening: a row a year.

    Counts: children. Resting on it: external_price_gbp (a week, of all), matched_price_gbp (of those who could
    live there), p10_break_even_share, p50_break_even_share, p90_break_even_share (above 1 it never does; blank where
    infinite), chance_break_even_possible (of breaking even full or below), reopening_share (to beat leaving it shut),
    chance_reopening_possible (full or below), reading (words). Plain: financial_year, price_base.
    """
    there = _children(run, BOUGHT)
    rows = [_break_even_row(year) | {"children": there} for year in homes_ahead(run, paths)]
    table = pd.DataFrame(rows).replace([np.inf], np.nan).astype({"reading": "str"})
    return table.assign(price_base=NOMINAL)


def _break_even_row(year: HomeAhead) -> dict[str, object]:
    needed = np.asarray(break_even_occupancy(year.costs, year.price))
    reopening = np.asarray(reopening_occupancy(year.costs, year.closed_gbp, year.price))
    low, middle, high = np.percentile(needed, [10, 50, 90], method="inverted_cdf")
    return {
        "financial_year": year.financial_year,
        "external_price_gbp": float(np.median(year.mean_price)),
        "matched_price_gbp": float(np.median(year.price)),
        "p10_break_even_share": float(low),
        "p50_break_even_share": float(middle),
        "p90_break_even_share": float(high),
        "chance_break_even_possible": float((needed <= FULL).mean()),
        "reopening_share": float(np.percentile(reopening, 50, method="inverted_cdf")),
        "chance_reopening_possible": float((reopening <= FULL).mean()),
        "reading": _read_share(float(middle)),
    }


def _read_share(middle: float) -> str:
    """What the middle draw needs, in words that leave to the chance beside it what others need."""
    return f"{middle:.0%} full: more than a home can be" if FULL < middle < np.inf else say_break_even(middle)


def heat_table(run: Run) -> pd.DataFrame:
    """What a bed-week of the home saves at each occupancy and external price, in 2017/18 prices: all plain.

    Columns as homes.heat_of_saving, for charts.heat(released, SAVING_OF_A_BED, by=["occupancy", "external_price"]).
    The external price is that of the children who live there, so no share for matching is taken off. Costs are at the
    judgements' likeliest values.
    """
    return heat_of_saving(home_costs(run), HEAT_OCCUPANCIES, HEAT_PRICES)


# ---- carers -----------------------------------------------------------------------------------------------------


def carer_terms(run: Run, paths: PricePaths) -> CarerTerms:
    """The terms drawn for this run's prices, brought to the £ of the paths' first month."""
    since = brought_forward(run, IN_HOUSE, financial_year_of(paths.months[0]))
    terms = draw_terms(run.assumptions, paths.draws, run.settings.seed)
    money = ("enquiry_gbp", "assessment_gbp", "marginal_gbp", "uplift_gbp")
    return replace(terms, **{part: getattr(terms, part) * since for part in money})


def carers_course(run: Run, paths: PricePaths, plan: CarerPlan | None = None) -> CarerCourse:
    """The plan of the assumptions, or the one given, played over the run's prices."""
    return play_plan(plan or judged_plan(run.assumptions), carer_terms(run, paths), paths)


def carers_table(run: Run, paths: PricePaths) -> pd.DataFrame:
    """What recruiting carers brings by financial year: columns of carers.yearly_course.

    Counts: children (in independent foster care in the last year of outturn, on whom the price rests). Resting on it:
    saving_gbp, net_gbp, and the six percentiles of net_gbp and cumulative_gbp. Plain: financial_year, whole_year,
    in_post, diverted_child_weeks, recruiting_gbp, uplift_gbp, price_base.
    """
    yearly = yearly_course(carers_course(run, paths))
    return yearly.assign(children=_children(run, INDEPENDENT), price_base=NOMINAL)


def households_table(run: Run, paths: PricePaths, households: Sequence[float] = HOUSEHOLDS) -> pd.DataFrame:
    """Whether campaigns of several sizes are paid back by the last month held: a row a size, none first.

    Counts: children. Resting on it: p10_cumulative_gbp, p50_cumulative_gbp, p90_cumulative_gbp, chance_paid_back,
    paid_back_by (the middle draw's month, or that it is not). Plain: campaign ("30 households"), price_base.
    """
    there, plan, rows = _children(run, INDEPENDENT), judged_plan(run.assumptions), []
    for number in (0, *households):
        course = carers_course(run, paths, replace(plan, households=float(number)))
        low, middle, high = np.percentile(course.cumulative_gbp[:, -1], [10, 50, 90])
        by = paid_back_by(course, 50)
        when = f"{by:%B %Y}" if by else f"not by {course.months[-1]:%B %Y}"
        size = f"{number:g} households" if number else "no households"
        rows.append((size, there, low, middle, high, chance_of_payback(course), when))
    ends = [f"p{point}_cumulative_gbp" for point in (10, 50, 90)]
    table = pd.DataFrame(rows, columns=["campaign", "children", *ends, "chance_paid_back", "paid_back_by"])
    return table.astype({"campaign": "str", "paid_back_by": "str"}).assign(price_base=NOMINAL)


def carers_found(run: Run, paths: PricePaths) -> CarersFound:
    """Whether the plan of the assumptions pays, how soon, and how many households it takes."""
    return weigh_plan(judged_plan(run.assumptions), carer_terms(run, paths), paths)


# ---- for both ---------------------------------------------------------------------------------------------------


def list_judgements(run: Run, about: str) -> pd.DataFrame:
    """The judgements that homes ("home") or carers ("carers") rest on: assumption, value, low, high, source, owner."""
    elsewhere = {
        "home": [USABLE[HOMES], f"price.rise-{price_key(OWN)}"],
        "carers": [UPLIFT, PLACES_EACH, USABLE["fostering"], LEAVING, f"price.rise-{price_key(IN_HOUSE)}"],
    }.get(about, [])
    names = [*(name for name in run.assumptions if name.startswith(f"{about}.")), *elsewhere]
    held = [run.assumptions[name] for name in names]
    rows = [(one.unit, one.value, one.low, one.high, one.source, one.owner) for one in held]
    return pd.DataFrame(rows, columns=["assumption", "value", "low", "high", "source", "owner"])


def _children(run: Run, setting: str) -> int:
    """Children with a night in a setting in the last whole year of outturn, on whom its mean price rests."""
    year = run.closed_years[-1] if run.closed_years else financial_year_of(run.as_at)
    counted = count_child_days(run.episodes, year, year).set_index("setting")["children"]
    return int(counted.get(setting, 0))


def yearly_level(paths: PricePaths, setting: str) -> dict[int, Draws]:
    """Financial year -> £ a child-week by draw, the mean of the year's months held."""
    of_month = np.array([financial_year_of(day) for day in paths.months])
    level = paths.level[:, :, SETTINGS.index(setting)]
    return {year: level[:, of_month == year].mean(axis=1) for year in np.unique(of_month).tolist()}


def brought_forward(run: Run, setting: str, year: int) -> float:
    """What £ of the judgements' year are multiplied by to be those of `year`: the setting's judged rise, compounded."""
    name = f"price.rise-{price_key(setting)}"
    return float((1 + held_judgements(run.assumptions, [name])[name].value) ** (year - ASSUMED_YEAR))
