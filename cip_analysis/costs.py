"""What a run's projected care may cost: prices today and ahead, spend draw by draw, and how right that has been.

`spend_ahead(county, ahead)` has the columns of spend.csv. Nominal £ and real ones (those of the last whole year of
outturn, by the run's general index) are told apart in every row. Whatever takes time is kept by content (store.py).
Choices: docs/decisions/0018-spend-ahead.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from cip_analysis.demand.forecast import STATISTICS, Asked, describe_draws
from cip_analysis.forecasts import KEPT, Ahead, asked_of, evidence_of
from cip_analysis.ledgers import once
from cip_analysis.money.basis.section_251 import own_course
from cip_analysis.money.outturn import spend_of
from cip_analysis.money.prices import (
    IndicesError,
    PriceIndex,
    PricePaths,
    PricesAsked,
    choose_index,
    in_price_base,
    learn_prices,
    price_paths,
    restate_spend,
    year_name,
)
from cip_analysis.money.pricing.indices import NOMINAL
from cip_analysis.money.pricing.looking_back import LookedBack, Past, look_back
from cip_analysis.money.pricing.today import (
    ASSUMED_YEAR,
    PricesToday,
    prices_assumed,
    prices_by_section_251,
    prices_paid,
)
from cip_analysis.money.spend import (
    UNMATCHED,
    price_outturn,
    price_projection,
    summarise_spend,
    weekly_prices,
    whole_years,
)
from cip_analysis.projections import Projection
from cip_analysis.records import Spend
from cip_analysis.run import Run
from cip_analysis.store import code_files, fingerprint, keep_table

COLUMNS = ("financial_year", "scenario", "setting", "price_base", *STATISTICS)
PriceBase = Literal["nominal", "real"]
LOOKING_BACK_DRAWS = 200
FEWEST_DRAWS = 40  # one future in 40 lies below the 2.5th percentile


# ---- prices ---------------------------------------------------------------------------------------------------


def prices_today(run: Run) -> PricesToday:
    """A week's price in each setting: as paid in the last whole year or, where there are no payments, as the run says.

    The key `without_payments` chooses between the assumptions and the council's section 251 unit costs, which are not
    prices; `basis` and `notes` say which.
    """
    assumed = weekly_prices(run.assumptions)
    if run.has_payments and run.closed_years:
        return prices_paid(run.episodes, run.payments, assumed, run.closed_years[-1])
    if run.settings.without_payments == "section 251" and run.own_data:
        course = own_course(run.comparators, run.council, 0, run.as_at.year)
        return prices_by_section_251(course, run.episodes, assumed, run.as_at)
    return prices_assumed(assumed)


def prices_ahead(run: Run, ahead: Ahead) -> PricePaths:
    """What a child-week may cost over the projection's months, nominal £, a path for each of its draws.

    Rises and their spread come from payments up to the last whole year, drawn towards what the assumptions judge.
    """
    today = prices_today(run)
    last_year = run.closed_years[-1] if run.closed_years else today.year
    evidence = learn_prices(run.payments, run.episodes, run.assumptions, last_year)
    months, draws = ahead.baseline.months, ahead.baseline.draws
    asked = PricesAsked(today.weekly, today.year, months, draws, ahead.seed, today.basis, today.years)
    paths = price_paths(asked, evidence)
    return replace(paths, notes=(*today.notes, *paths.notes), synthetic=run.synthetic)


def real_prices(run: Run, paths: PricePaths) -> PricePaths:
    """Nominal paths in the £ of `real_year`, by the run's general index.

    Raises IndicesError where the run holds no such index.
    """
    return in_price_base(paths, general_index(run), real_year(run))


def general_index(run: Run) -> PriceIndex:
    """The index by which this run puts prices in another year's £, as known on its as-at day."""
    return choose_index(run.indices, run.settings.general_index, run.as_at, run.assumptions)


def real_year(run: Run) -> int:
    """The financial year whose £ real ones are: the last whole one of outturn; of the assumed prices if none is."""
    return run.closed_years[-1] if run.closed_years else ASSUMED_YEAR


# ---- spend ----------------------------------------------------------------------------------------------------


def outturn_run(run: Run, years: Sequence[int]) -> Spend:
    """What some financial years cost, in the £ of each: as paid or, without payments, at prices that stand in for them.

    Without payments a year's child-days are at today's prices (`prices_today`), moved from their own year by the rise a
    year that each setting is expected to have, as the years ahead are: so outturn and what follows are on one footing.
    Raises SpendError as `money.outturn.spend_of` does.
    """
    today = prices_today(run)
    spend = spend_of(run.episodes, run.payments, today.weekly, years)
    if run.has_payments:
        return spend
    trend = learn_prices(run.payments, run.episodes, run.assumptions, max(years)).trend.set_index("setting")
    lines = spend.table
    since = lines["financial_year"] - lines["setting"].map(today.years).fillna(today.year)
    moved = (lines["spend_gbp"] * np.exp(lines["setting"].map(trend["rise_log"]) * since)).round(2)
    basis = f"child-days at {today.basis}, moved to each year as prices are expected to rise"
    return Spend(lines.assign(spend_gbp=moved), NOMINAL, basis, spend.synthetic)


def spend_run(run: Run, ahead: Ahead, price_base: PriceBase = "nominal") -> dict[str, Spend]:
    """Scenario -> what its care may cost, draw by draw; the baseline first, all on the same draws of price and fee.

    Nominal £, or real ones of `real_year`. Empty where no financial year is projected whole.
    Raises IndicesError where real £ are asked for and the run holds no such index.
    """
    if not whole_years(ahead.baseline):
        return {}
    basis = f"projected child-days at {prices_today(run).basis}"
    evidence = run.payments.table, run.episodes, run.assumptions, run.settings, run.council, run.comparators.table
    base = fingerprint("spend", *evidence, ahead.seed, code_files())
    paths = once(lambda: prices_ahead(run, ahead))

    def priced(projection: Projection) -> Spend:
        """One projection's spend, from the store where it is kept."""
        name = fingerprint(base, projection)
        made = keep_table(run.root / KEPT, name, lambda: price_projection(projection, paths(), ahead.seed).table)
        return Spend(made, NOMINAL, basis, run.synthetic)

    nominal = {projection.scenario: priced(projection) for projection in ahead.every}
    return nominal if price_base == NOMINAL else _in_real_terms(run, nominal)


def spend_ahead(run: Run, ahead: Ahead) -> pd.DataFrame:
    """What projected care may cost: columns of spend.csv, every scenario in nominal £ and then in real ones.

    No rows where no financial year is projected whole; no real £ where the run holds no index: `spend_notes` says so.
    """
    nominal = spend_run(run, ahead)
    every = [nominal, _in_real_terms(run, nominal)] if _no_index(run) is None else [nominal]
    parts = [
        summarise_spend(spend, describe_draws).assign(scenario=scenario)
        for spends in every
        for scenario, spend in spends.items()
    ]
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)] if parts else pd.DataFrame(columns=list(COLUMNS))


def spend_notes(run: Run, ahead: Ahead) -> tuple[str, ...]:
    """What must be said beside spend ahead: every fallback, what is left out of it, and why there is none."""
    if not whole_years(ahead.baseline):
        return ("No financial year is projected whole, so none is priced: lengthen the horizon to reach a 31 March.",)
    notes = [*prices_ahead(run, ahead).notes, *_left_out(run)]
    if ahead.baseline.draws < FEWEST_DRAWS:
        notes.append(f"Ranges of fewer than {FEWEST_DRAWS} futures tell little: ask for more, such as 1,000.")
    if (why := _no_index(run)) is not None:
        return (*notes, f"Spend is in nominal £ alone. {why}")
    years = [ahead.baseline.months[end].year for end in whole_years(ahead.baseline)]
    return (*notes, *general_index(run).notes_for([*years, real_year(run)]))


def _in_real_terms(run: Run, nominal: dict[str, Spend]) -> dict[str, Spend]:
    index, year = general_index(run), real_year(run)
    return {scenario: restate_spend(spend, index, year) for scenario, spend in nominal.items()}


def _no_index(run: Run) -> str | None:
    """Why real £ cannot be told; None where they can."""
    try:
        general_index(run)
    except IndicesError as error:
        return str(error)
    return None


def _left_out(run: Run) -> list[str]:
    """What outturn holds and spend ahead does not: no sum is told, because it may rest on a child or two."""
    if not run.closed_years:
        return []
    year, stays = run.closed_years[-1], run.episodes.table
    said = []
    if stays["respite"].any():
        said.append("Respite series are not projected, so spend ahead leaves them out; outturn holds them.")
    if run.has_payments:
        lines = price_outturn(run.episodes, run.payments, year, year).table
        if lines.loc[lines["setting"].eq(UNMATCHED), "spend_gbp"].any():
            said.append(f"Some payments of {year_name(year)} met no stay: outturn holds them, spend ahead does not.")
    return said


# ---- how right it has been ------------------------------------------------------------------------------------


def look_back_spend(run: Run, asked: Asked | None = None) -> LookedBack:
    """Spend forecast again from each past 31 March within the run's own returns and payments, beside what was spent.

    From the store where nothing it rests on has changed. `spend_record(looked.table)` tells how far off it was. No
    rows, and a note, where payments or returns do not go back far enough.
    """
    wanted, evidence = asked or asked_of(run), evidence_of(run)
    quick = replace(wanted, draws=min(wanted.draws, LOOKING_BACK_DRAWS))
    past = Past(run.episodes, run.payments, run.assumptions)
    look = once(lambda: look_back(past, evidence, quick))
    name = fingerprint("look back on spend", past, evidence, quick, code_files())
    table = keep_table(run.root / KEPT, name, lambda: look().table)
    notes = keep_table(
        run.root / KEPT, f"{name}-notes", lambda: pd.DataFrame({"note": list(look().notes)}, dtype="str")
    )
    return LookedBack(table, tuple(notes["note"]))
