"""Tables of a ledger of savings, shaped for a page: nothing is drawn, released or said here.

Claims go by their titles. Money is £ million of the ledger's price base unless a column says otherwise. `children_now`
are those in care at the origin in the settings and of the ages that a claim names: where they are too few to show, so
is what is said of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.money.pricing.indices import year_name
from cip_analysis.money.saving.ledger import Ledger, LedgerError
from cip_analysis.money.saving.plan import IN_ALL
from cip_analysis.projections import Projection
from cip_analysis.savings_settings import Claim, Target

TOTAL = "all claims, one after another"
Rounded = TypeVar("Rounded", float, pd.Series)
POINTS = {"p10": 10, "p50": 50, "p90": 90}
MILLION_PENCE, WEEK, MARCH = 1e8, 7, 3
FEWEST_WEEKS = (25.0, 0.5)
"""Child-weeks a year, on average, below which a setting is left out: of one claim, and of all."""


def list_claims(claims: Sequence[Claim]) -> pd.DataFrame:
    """Who claims what: claim, kind, who (whose weeks), otherwise (what would be without it), in the order given."""
    return pd.DataFrame(
        {
            "claim": [claim.title for claim in claims],
            "kind": [claim.kind for claim in claims],
            "who": [claim.children for claim in claims],
            "otherwise": [claim.counterfactual for claim in claims],
        },
        dtype="str",
    )


def list_terms(claims: Sequence[Claim]) -> pd.DataFrame:
    """On what terms: claim, starts, in_full_by, wears_off, likely_to_come, running_cost_gbp (a year)."""
    return pd.DataFrame(
        {
            "claim": [claim.title for claim in claims],
            "starts": [f"{claim.start:%B %Y}" for claim in claims],
            "in_full_by": [f"{claim.in_full:%B %Y}" for claim in claims],
            "wears_off": [f"{claim.drop_off:.0%} a year" if claim.drop_off else "no" for claim in claims],
            "likely_to_come": [
                f"{claim.delivered.low:.0%} to {claim.delivered.high:.0%}, likeliest {claim.delivered.mid:.0%}"
                for claim in claims
            ],
            "running_cost_gbp": [claim.running_cost_gbp for claim in claims],
        }
    )


def list_sources(claims: Sequence[Claim]) -> pd.DataFrame:
    """Who says so: claim, programme, said_by, note, owner."""
    return pd.DataFrame(
        {
            "claim": [claim.title for claim in claims],
            "programme": [claim.programme for claim in claims],
            "said_by": [
                f"{claim.source}{f' (paragraph {claim.paragraph})' if claim.paragraph else ''}" for claim in claims
            ],
            "note": [claim.note or "none" for claim in claims],
            "owner": [claim.owner for claim in claims],
        },
        dtype="str",
    )


def count_now(baseline: Projection, claims: Sequence[Claim]) -> dict[str, int]:
    """Claim's key -> children in care at the origin in its settings and of its ages; TOTAL -> all in care."""
    there = baseline.stock[0, 0]
    counted = {TOTAL: int(there.sum())}
    for claim in claims:
        ages = [AGE_BANDS.index(age) for age in claim.ages or AGE_BANDS]
        settings = [SETTINGS.index(setting) for setting in claim.settings or SETTINGS]
        counted[claim.key] = int(there[np.ix_(ages, settings)].sum())
    return counted


def weigh_claims(ledger: Ledger, claims: Sequence[Claim], year: int, now: dict[str, int]) -> pd.DataFrame:
    """What each claim saves in one financial year if it delivers in full: alone, double counted, in the ledger.

    Means over draws, so that alone less double counted is the ledger's, and the claims sum to the last row. Columns:
    claim, kind, children_now, alone_gbp_million, double_counted_gbp_million, in_ledger_gbp_million.
    """
    means = _of_year(ledger.by_claim(), year).groupby("claim")[["alone_pence", "double_pence", "saved_pence"]].mean()
    table = _in_order(means / MILLION_PENCE, claims)
    table = pd.concat([table, table.sum().to_frame(TOTAL).T])
    table.columns = ["alone_gbp_million", "double_counted_gbp_million", "in_ledger_gbp_million"]
    return _named(table, claims, now)


def spread_claims(ledger: Ledger, claims: Sequence[Claim], year: int, now: dict[str, int]) -> pd.DataFrame:
    """How far what each claim saves in one year, alone and in the ledger, differs between draws, if in full.

    Columns: claim (with "alone" or "in the ledger" after it), children_now, p10_, p50_ and p90_saving_gbp_million.
    Percentiles do not add up: each is of its own draws.
    """
    table = _of_year(ledger.by_claim(), year)
    total = table.groupby("draw")[["alone_pence", "saved_pence"]].sum().assign(claim=TOTAL)
    spread = pd.concat([table, total.reset_index()]).groupby("claim")[["alone_pence", "saved_pence"]]
    at = {name: spread.quantile(point / 100) / MILLION_PENCE for name, point in POINTS.items()}
    rows = [
        {"claim": f"{title}: {words}", "children_now": now[key],
         **{f"{name}_saving_gbp_million": to_places(held[measure][key], 2) for name, held in at.items()}}
        for key, title in [*((claim.key, claim.title) for claim in claims), (TOTAL, "All claims")]
        for measure, words in (("alone_pence", "alone"), ("saved_pence", "in the ledger"))
        if not (key == TOTAL and measure == "alone_pence")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def weigh_weeks(ledger: Ledger, claims: Sequence[Claim], year: int, now: dict[str, int]) -> pd.DataFrame:
    """Child-weeks in one year that each claim in the ledger takes from a setting (above nought) or brings it.

    Means over draws. Columns: claim, children_now, setting, child_weeks; settings that hardly move
    (FEWEST_WEEKS) are left out. Under TOTAL, all claims together.
    """
    table = _of_year(ledger.table, year)
    weeks = table.groupby(["claim", "setting"])["saved_days"].sum().div(WEEK * table["draw"].nunique())
    both = pd.concat([weeks, pd.concat({TOTAL: weeks.groupby("setting").sum()})])
    title = {claim.key: claim.title for claim in claims} | {TOTAL: TOTAL}
    rows = [
        {"claim": title[key], "children_now": now[key], "setting": setting, "child_weeks": float(both[key, setting])}
        for key in title
        for setting in SETTINGS
        if abs(float(both.get((key, setting), 0.0))) >= FEWEST_WEEKS[key == TOTAL]
    ]
    return pd.DataFrame(rows, columns=["claim", "children_now", "setting", "child_weeks"])


def net_claims(
    likely: pd.DataFrame, ledger: Ledger, claims: Sequence[Claim], year: int, now: dict[str, int]
) -> pd.DataFrame:
    """From what a claim would save in full to what is likely net of its cost, in one year: means over draws, £ million.

    Columns: claim, kind, children_now, in_full_gbp_million, not_delivered_gbp_million (what delivery and wear take),
    likely_gbp_million, running_cost_gbp_million, net_gbp_million; the last row is all claims, of kinds not alike.
    """
    full = _of_year(ledger.by_claim(), year).groupby("claim")["saved_pence"].mean()
    means = _of_year(likely, year).groupby("claim")[["gross_pence", "cost_pence", "net_pence"]].mean()
    table = means.assign(full=full)
    table = table.assign(lost=table["full"] - table["gross_pence"])
    table = _in_order(table[["full", "lost", "gross_pence", "cost_pence", "net_pence"]] / MILLION_PENCE, claims)
    table = pd.concat([table, table.sum().to_frame(TOTAL).T])
    table.columns = ["in_full_gbp_million", "not_delivered_gbp_million", "likely_gbp_million",
                     "running_cost_gbp_million", "net_gbp_million"]  # fmt: skip
    return _named(table, claims, now)


def compare_stated(likely: pd.DataFrame, claims: Sequence[Claim], year: int, now: dict[str, int]) -> pd.DataFrame:
    """What the council said of a claim beside what is found here: only claims of which something was said.

    Columns: claim, children_now, council_said_gbp, of_what, likely_gbp (mean, before its cost), p10_likely_gbp,
    p90_likely_gbp, in that year, to the nearest £10,000.
    """
    gross = _of_year(likely, year).groupby("claim")["gross_pence"]
    means, low, high = gross.mean() / 100, gross.quantile(0.1) / 100, gross.quantile(0.9) / 100
    rows = [
        {"claim": claim.title, "children_now": now[claim.key], "council_said_gbp": claim.stated_gbp,
         "of_what": claim.stated_as, "likely_gbp": to_places(means[claim.key], -4),
         "p10_likely_gbp": to_places(low[claim.key], -4), "p90_likely_gbp": to_places(high[claim.key], -4)}
        for claim in claims if claim.stated_gbp is not None
    ]  # fmt: skip
    return pd.DataFrame(rows)


def show_profile(profile: pd.DataFrame) -> pd.DataFrame:
    """`profile.profile_savings` for a page: in_the_year ("2020/21"), and £ million in place of £.

    Columns: in_the_year, kind, mean_, p10_, p50_ and p90_saving_gbp_million, chance_of_target,
    short_in_a_poor_case_gbp_million (at the 10th percentile), and whatever else it has.
    """
    pounds = [name for name in profile.columns if name.endswith("_gbp")]
    millions = {name: to_places(profile[name] / 1e6, 2) for name in pounds}
    years = profile["financial_year"].map(lambda ending: year_name(int(ending)))
    named = {name: f"{name}_million" for name in pounds} | {"financial_year": "in_the_year"}
    named["shortfall_at_p10_gbp"] = "short_in_a_poor_case_gbp_million"
    return profile.assign(**millions, financial_year=years).rename(columns=named)


def list_targets(targets: Sequence[Target]) -> pd.DataFrame:
    """The targets: target, target_gbp, financial_year, said_by, how_used: held against the ledger, or as context."""
    return pd.DataFrame(
        {
            "target": [target.title for target in targets],
            "target_gbp": [target.gbp for target in targets],
            "financial_year": [target.financial_year for target in targets],
            "said_by": [
                f"{target.source}{f', paragraph {target.paragraph}' if target.paragraph else ''}" for target in targets
            ],
            "how_used": ["context only" if target.context else "held against the ledger" for target in targets],
        }
    )


def to_places(value: Rounded, places: int) -> Rounded:
    """A figure, or a column of them, rounded to so many places; what rounds to nought has no sign.

    >>> to_places(-0.001, 2), to_places(12_345.0, -4)
    (0.0, 10000.0)
    """
    return round(value, places) + 0.0


def _of_year(table: pd.DataFrame, year: int) -> pd.DataFrame:
    held = table[table["financial_year"].eq(year)]
    if held.empty:
        known = ", ".join(str(one) for one in sorted(table["financial_year"].unique())) or "none"
        raise LedgerError(f"The ledger holds no year to March {year}; it holds: {known}.")
    return held


def _in_order(table: pd.DataFrame, claims: Sequence[Claim]) -> pd.DataFrame:
    return table.loc[[claim.key for claim in claims]]


def _named(table: pd.DataFrame, claims: Sequence[Claim], now: dict[str, int]) -> pd.DataFrame:
    """Rows by key given their titles and kinds, and the children behind them."""
    title = {claim.key: claim.title for claim in claims} | {TOTAL: TOTAL}
    kind = {claim.key: claim.kind for claim in claims} | {TOTAL: "kinds not alike"}
    keys = list(table.index)
    front = pd.DataFrame(
        {"claim": [title[key] for key in keys], "kind": [kind[key] for key in keys],
         "children_now": [now[key] for key in keys]}
    )  # fmt: skip
    return pd.concat([front, table.reset_index(drop=True)], axis=1)


def plan_lines(planned: pd.DataFrame, claims: Sequence[Claim], year: int, children: int) -> pd.DataFrame:
    """What all claims are likely to save month by month, for a chart: month, line, saving_gbp, children_now.

    planned: as `plan.likely_plan`. From the month that the first claim starts in, to the end of the financial year.
    children: those behind it.
    """
    names = {"p90_saving_gbp": "a good case (90th percentile)", "p50_saving_gbp": "the middle",
             "p10_saving_gbp": "a poor case (10th percentile)"}  # fmt: skip
    begins, ends = pd.Timestamp(min(claim.start for claim in claims)), pd.Timestamp(year, MARCH, 31)
    own = planned[planned["claim"].eq(IN_ALL) & planned["month"].between(begins, ends)]
    table: pd.DataFrame = (
        own[["month", *names]].rename(columns=names).melt("month", var_name="line", value_name="saving_gbp")
    )
    return table.assign(children_now=children)


def plan_marches(planned: pd.DataFrame, claims: Sequence[Claim], now: dict[str, int], year: int) -> pd.DataFrame:
    """What each claim is likely to save in the month of each March once it has begun, to that of a financial year.

    Columns: claim, children_now, month, p10_, p50_ and p90_child_weeks (whole), _saving_gbp (to the nearest £1,000).
    """
    marches = planned[planned["month"].dt.month.eq(MARCH) & planned["claim"].ne(IN_ALL)]
    begun = marches["claim"].map({claim.key: pd.Timestamp(claim.start) for claim in claims}).lt(marches["month"])
    kept = marches[begun & marches["month"].dt.year.le(year)]
    title = {claim.key: claim.title for claim in claims}
    whole = {name: to_places(kept[name], 0) for name in kept.columns if name.endswith("_child_weeks")}
    pounds = {name: to_places(kept[name], -3) for name in kept.columns if name.endswith("_gbp")}
    named: pd.DataFrame = kept.assign(
        **whole, **pounds, children_now=kept["claim"].map(now), claim=kept["claim"].map(title)
    )
    return named[["claim", "children_now", "month", *whole, *pounds]].reset_index(drop=True)


def show_beside(beside: pd.DataFrame, claims: Sequence[Claim]) -> pd.DataFrame:
    """Delivered beside planned, for the months and claims of the register; no rows without one.

    beside: as `plan.track`. Columns: claim, month, children, child_weeks, saved_gbp, standing, and the plan's p10_,
    p50_ and p90_child_weeks and _saving_gbp. Weeks are whole, £ to the nearest 100: they tell no child's fee.
    """
    if beside.empty:
        return pd.DataFrame()
    title = {claim.key: claim.title for claim in claims}
    known = beside[beside["saved_gbp"].notna()]
    weeks = [name for name in known.columns if name.endswith("child_weeks")]
    pounds = [name for name in known.columns if name.endswith("_gbp")]
    figures = {name: to_places(known[name], 0 if name in weeks else -2) for name in [*weeks, *pounds]}
    table: pd.DataFrame = known.assign(
        **figures, claim=known["claim"].map(title), children=known["children"].astype("int64")
    )
    front = ["claim", "month", "children", "child_weeks", "saved_gbp", "standing"]
    return table[[*front, *(name for name in figures if name not in front)]].reset_index(drop=True)


def show_reasons(by_reason: pd.DataFrame, claims: Sequence[Claim]) -> pd.DataFrame:
    """What became of every line of the register: claim, what_became_of_it, children, lines, child_weeks, saved_gbp."""
    title = {claim.key: claim.title for claim in claims}
    weeks, pounds = to_places(by_reason["child_weeks"], 0), to_places(by_reason["saved_gbp"], -2)
    table: pd.DataFrame = by_reason.assign(claim=by_reason["claim"].map(title), child_weeks=weeks, saved_gbp=pounds)
    named = table.rename(columns={"reason": "what_became_of_it"})
    return named[["claim", "what_became_of_it", "children", "lines", "child_weeks", "saved_gbp"]]


def list_notes(ledger: Ledger) -> pd.DataFrame:
    """What was left out of the ledger, and every fallback: what_stood_in, a sentence a row."""
    return pd.DataFrame({"what_stood_in": [*ledger.left_out, *ledger.notes]}, dtype="str")
