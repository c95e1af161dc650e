"""How each kind of claim is checked: one function a kind, all of one signature, listed in CHECKS.

A check is told what the claim names (`at`), the figure stated, and the evidence. It returns what was found, why it
agrees or differs, by rule, and where the figure comes from. Nothing held that speaks to a claim is an answer too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from cip_analysis.demand.others import ENGLAND_CODE, MEAN_OF_RATES, POOLED, rates_by_series, value_of
from cip_analysis.impact.claim_evidence import (
    AGREES,
    DIFFERS,
    NO_DATA,
    NONE_HELD,
    THE_REPORT,
    UNCHECKED,
    At,
    Evidence,
    Found,
    code_of,
    in_release,
    in_words,
    series_of,
)
from cip_analysis.impact.own_checks import (
    children_in_setting,
    independent_foster_ratio,
    off_framework_ratio,
    spend_in_setting,
)
from cip_analysis.returns.published import LOOKED_AFTER, MEASURES, POPULATION, UASC, first_known


def not_held(_at: At, _stated: float | None, _evidence: Evidence) -> Found:
    """A claim no data held speak to."""
    return Found(None, NO_DATA, NONE_HELD, UNCHECKED)


# ---- the report against itself ---------------------------------------------------------------------------------


def years_run_forward(at: At, _stated: float | None, _evidence: Evidence) -> Found:
    """A period whose end should follow its start."""
    first, last = int(at["from"]), int(at["to"])
    if last >= first:
        return Found(float(last - first), "The years run forward.", THE_REPORT, AGREES)
    why = f"It would end {first - last} years before it starts: one of the two years is a misprint."
    return Found(None, why, THE_REPORT, DIFFERS)


def years_between(at: At, _stated: float | None, _evidence: Evidence) -> Found:
    """The years between two Marches."""
    return Found(float(int(at["to"]) - int(at["from"])), "Counted from March to March.", THE_REPORT)


def listed_in_report(at: At, _stated: float | None, _evidence: Evidence) -> Found:
    """How many things the report lists after saying how many there are."""
    return Found(float(at["listed"]), "The report then lists as many.", THE_REPORT)


# ---- against published statistics ------------------------------------------------------------------------------


def published_rate(at: At, stated: float | None, evidence: Evidence) -> Found:
    """Children looked after per 10,000, worked out from the published count and population."""
    year, series = int(at["year"]), series_of(str(at["area"]), evidence)
    rates = rates_by_series(evidence.comparators, evidence.council)
    mine = rates[rates["series"] == series].set_index("year")["rate_per_10k"]
    if year not in mine.index:
        return Found(None, f"The rate for March {year} is not in the published figures held.", NONE_HELD)
    reasons = [
        _another_year(mine, year, stated),
        _older_population(at, stated, evidence) if at["area"] == "council" else "",
        _two_ways_to_average(rates, year, evidence.council.neighbours_model) if at["area"] == "neighbours" else "",
    ]
    known = first_known(evidence.comparators, code_of(str(at["area"]), evidence), year)
    source = f"DfE, Children looked after in England, March {year}"
    return Found(float(mine[year]), " ".join(filter(None, reasons)), in_release(source, known))


def children_at_rate(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """The council's outturn in a later year, beside the children a rate stands for."""
    first, last, rate = int(at["from"]), int(at["to"]), float(at["rate"])
    code = evidence.council.la_code
    people = [value_of(evidence.comparators, code, POPULATION, year) for year in (first - 1, first)]
    implied = [f"{rate * number / 10_000:,.0f}" for number in people if number is not None]
    why = f"{rate:g} per 10,000 is {' or '.join(implied)} children on the populations then in use."
    outturn = value_of(evidence.comparators, code, LOOKED_AFTER, last)
    if outturn is None:
        return Found(None, f"{why} The outturn for March {last} is not published in the figures held.", NONE_HELD)
    known = first_known(evidence.comparators, code, last)
    why += f" The department's count for 31 March {last} is {outturn:,.0f}."
    return Found(outturn, why, in_release(f"DfE, Children looked after in England, March {last}", known))


def gap_to_neighbours(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """How far the council's rate lies from its neighbours' pooled rate."""
    year = int(at["year"])
    rates = rates_by_series(evidence.comparators, evidence.council)
    known = rates[rates["year"] == year].set_index("series")["rate_per_10k"]
    if evidence.council.name not in known or POOLED not in known:
        return Found(None, f"The outturn for March {year} is not published in the figures held.", NONE_HELD)
    own, theirs = known[evidence.council.name], known[POOLED]
    why = f"At March {year} the council had {own:.1f} and its neighbours {theirs:.1f}: they had risen too."
    out = first_known(evidence.comparators, evidence.council.la_code, year)
    return Found(own - theirs, why, in_release(f"DfE, Children looked after in England, March {year}", out))


def growth_in_spend(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """The rise in gross spend on looked-after children between two financial years, £ million."""
    first, last, press = int(at["from"]), int(at["to"]), int(at["press_year"])
    spend = {
        year: value_of(evidence.comparators, evidence.council.la_code, "spend_gbp", year)
        for year in (first, press, last)
    }
    before, after, between = spend[first], spend[last], spend[press]
    if before is None or after is None:
        return Found(None, "The spend of both years is not in the published figures held.", NONE_HELD)
    why = (
        f"Gross spend went from £{before / 1e6:.1f}m in {in_words(first)} to £{after / 1e6:.1f}m in {in_words(last)}, "
        "in the prices of each year and before income. The report does not give its price base or scope."
    )
    if between is not None:
        why += (
            f" The press gave £{float(at['press_gbp_million']):g}m by {in_words(press)}; "
            f"the same returns give £{(between - before) / 1e6:.1f}m."
        )
    return Found((after - before) / 1e6, why, f"DfE, section 251 outturn, {in_words(first)} and {in_words(last)}")


def share_of_children(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """A stated number of children as a percentage of all looked after."""
    year, children = int(at["year"]), float(at["children"])
    total = value_of(evidence.comparators, evidence.council.la_code, LOOKED_AFTER, year)
    if not total:
        return Found(None, f"The count for March {year} is not in the published figures held.", NONE_HELD)
    why = f"{children:.0f} of the {total:,.0f} children the department counts at 31 March {year}."
    return Found(children / total * 100, why, f"the report, and DfE, Children looked after in England, March {year}")


def rises_every_year(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """In how many years the number of children looked after rose."""
    first, last = int(at["from"]), int(at["to"])
    code = code_of(str(at["area"]), evidence)
    counts = [value_of(evidence.comparators, code, LOOKED_AFTER, year) for year in range(first, last + 1)]
    known = pd.Series([count for count in counts if count is not None])
    if len(known) < last - first + 1:
        return Found(None, f"Not every year from {first} to {last} is in the published figures held.", NONE_HELD)
    rises = int((known.diff().dropna() > 0).sum())
    why = (
        f"From {known.iloc[0]:,.0f} at March {first} to {known.iloc[-1]:,.0f} at March {last}, "
        f"up in {rises} of {last - first} years."
    )
    status = AGREES if rises == last - first else DIFFERS
    return Found(float(rises), why, "DfE, Children looked after in England", status)


def unaccompanied_part_of_rise(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """What part of England's rise in children looked after is of unaccompanied asylum-seeking children, %."""
    first, last = int(at["from"]), int(at["to"])
    parts = {}
    for code in (ENGLAND_CODE, evidence.council.la_code):
        figures = [
            value_of(evidence.comparators, code, measure, year)
            for measure in (LOOKED_AFTER, UASC)
            for year in (first, last)
        ]
        if not any(figure is None for figure in figures):
            before, after, alone_before, alone_after = (figure or 0.0 for figure in figures)
            parts[code] = (alone_after - alone_before) / (after - before) * 100
    if ENGLAND_CODE not in parts:
        return Found(None, f"The counts for {first} and {last} are not in the published figures held.", NONE_HELD)
    why = f"They are {parts[ENGLAND_CODE]:.0f}% of England's rise from March {first} to March {last}"
    if evidence.council.la_code in parts:
        why += f", and {parts[evidence.council.la_code]:.0f}% of the council's own"
    status = AGREES if parts[ENGLAND_CODE] > 0 else DIFFERS
    return Found(float(round(parts[ENGLAND_CODE])), why + ".", "DfE, Children looked after in England", status)


def published_value(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """One published figure about the council."""
    year, measure = int(at["year"]), str(at["measure"])
    value = value_of(evidence.comparators, evidence.council.la_code, measure, year)
    if value is None:
        return Found(None, f"No figure for March {year} is held.", NONE_HELD)
    return Found(value, f"{MEASURES[measure][:1].upper()}{MEASURES[measure][1:]} {year}.", f"Ofsted, March {year}")


def mainstream_foster_households(at: At, _stated: float | None, evidence: Evidence) -> Found:
    """Approved fostering households without those of family and friends."""
    year, code = int(at["year"]), evidence.council.la_code
    every, kin = (
        value_of(evidence.comparators, code, name, year) for name in ("foster_households", "kinship_households")
    )
    if every is None or kin is None:
        return Found(None, f"Ofsted's fostering figures for March {year} are not held.", NONE_HELD)
    why = (
        f"Ofsted has {every:.0f} approved households, {kin:.0f} of them family and friends (each to the nearest 5). "
        "So the figure counts households, not carers, and leaves family and friends out."
    )
    return Found(every - kin, why, f"Ofsted, fostering in England, March {year}")


# ---- why a rate differs ----------------------------------------------------------------------------------------


def _another_year(rates: pd.Series, year: int, stated: float | None) -> str:
    """The year whose rate, in whole numbers as the department prints it, is the one stated."""
    if stated is None or round(rates[year]) == round(stated):
        return ""
    for other in sorted(rates.index, key=lambda other: abs(other - year)):
        if other != year and abs(other - year) <= 2 and round(rates[other]) == stated:
            return (
                f"{stated:g} is the March {other} rate; March {year} was {rates[year]:.0f}. "
                "The report compares the county in one year with others in another."
            )
    return f"The rate for March {year} was {rates[year]:.1f}; no year near it gives {stated:g}."


def _older_population(at: At, stated: float | None, evidence: Evidence) -> str:
    """Whether the stated rate is the year's children over a population a year older than the statistics use."""
    year, code = int(at["year"]), evidence.council.la_code
    figures = evidence.comparators.table
    mine = figures[(figures["area_code"] == code) & (figures["year"] == year) & (figures["measure"] == LOOKED_AFTER)]
    counts = mine.sort_values("published")["value"].dropna().unique()
    used, older = (value_of(evidence.comparators, code, POPULATION, when) for when in (year, year - 1))
    if stated is None or used is None or older is None:
        return ""
    on_older = [count / older * 10_000 for count in counts]
    if not any(abs(rate - stated) <= 0.06 for rate in on_older):
        return ""
    named = " or ".join(f"{count:,.0f}" for count in counts)
    rates = [" or ".join(f"{count / people * 10_000:.2f}" for count in counts) for people in (older, used)]
    note = " (as first published, then revised)" if len(counts) > 1 else ""
    return (
        f"{named} children{note} over the mid-{year - 2} population, {older:,.0f}, give {rates[0]}; the department "
        f"divides by mid-{year - 1}, {used:,.0f}, which gives {rates[1]}, printed as {round(counts[-1] / used * 1e4)}."
    )


def _two_ways_to_average(rates: pd.DataFrame, year: int, model: str) -> str:
    """Both averages of the neighbours, because a report seldom says which it used."""
    at = rates[rates["year"] == year].set_index("series")
    pooled, mean = (float(at["rate_per_10k"][name]) for name in (POOLED, MEAN_OF_RATES))
    return (
        f"Their children over their population give {pooled:.1f}; the mean of their {int(at['areas'][POOLED])} rates "
        f"is {mean:.1f}. These are the neighbours of the {model} list; the report says neither which list nor "
        "which average it used."
    )


Check = Callable[[At, float | None, Evidence], Found]
CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        not_held, years_run_forward, years_between, listed_in_report, published_rate, children_at_rate,
        gap_to_neighbours, growth_in_spend, share_of_children, rises_every_year, unaccompanied_part_of_rise,
        published_value, mainstream_foster_households, children_in_setting, spend_in_setting,
        independent_foster_ratio, off_framework_ratio,
    )
}  # fmt: skip
