"""How columns, units and numbers are said, alike in charts, tables and sentences."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from cip_analysis.records import Released

WITHHELD, NOT_AVAILABLE = "[c]", "[x]"
# ending of a column's name, its unit, and what of the ending stays in words
UNITS: tuple[tuple[str, str, str], ...] = (
    ("_gbp_million", "£ million", ""),
    ("_gbp_per_week", "£ a week", ""),
    ("_gbp", "£", ""),
    ("per_10k", "per 10,000", "per 10,000"),
    ("_a_year_share", "%", "a year"),
    ("_growth_share", "%", "growth"),
    ("_years", "years", ""),
    ("_days", "days", "days"),
    ("_weeks", "weeks", "weeks"),
    ("_months", "months", ""),
)
YEAR_COLUMNS = frozenset({"year", "collection_year", "first_year", "last_year"})
# the statistics of a forecast, and the ranges they are the ends of, as percentages
STATISTICS = ("mean", "p02_5", "p10", "p25", "p50", "p75", "p90", "p97_5")
RANGES: dict[int, tuple[str, str]] = {50: ("p25", "p75"), 80: ("p10", "p90"), 95: ("p02_5", "p97_5")}
SCORES = {
    "n": "Forecasts",
    "mae": "Average miss",
    "mape": "Average miss",
    "crps": "Whole-forecast miss",
    "coverage_80": "Held by the 80% range",
    "coverage_95": "Held by the 95% range",
}
# columns whose own names, read out, would not say what they hold
SAID = {
    "average_miss_share": "Average miss",
    "largest_miss_share": "Largest miss",
    "no_change_miss_share": "Average miss of saying nothing changes",
    "share_missed_by_no_change": "Average miss of saying nothing changes",
    "above_outturn_share": "Forecast above what was spent (minus: below), on average",
    "within_80_range": "Came within the 80% range",
    "within_95_range": "Came within the 95% range",
    "range_told": "How the range has held",
    "ahead": "How far ahead",
    "smallest_fall_share": "Smallest fall that would be found",
    "change_share": "Change",
    "low_share": "Low end",
    "high_share": "High end",
}
SCORED_AS_SHARES = frozenset({"mape", "crps", "coverage_80", "coverage_95"})
PERCENTILE = re.compile(r"p(\d{1,2}(?:_\d(?!\d))?)(?:_([a-z]\w*))?")
ENOUGH = 0.0301  # how near to a chance its simplest fraction must lie
COUNTED = ("children", "child_days", "child_weeks", "rows", "places", "homes", "carers", "providers")


def in_words(column: str) -> str:
    """A column's name as words, without its unit.

    >>> in_words("weekly_price_gbp"), in_words("child_days"), in_words("rate_per_10k"), in_words("children_31_march")
    ('Weekly price', 'Child-days', 'Rate per 10,000', 'Children on 31 March')
    >>> in_words("average_miss_share"), in_words("within_80_range")
    ('Average miss', 'Came within the 80% range')
    """
    if column in SCORES or column in SAID:
        return SCORES.get(column) or SAID[column]
    if found := PERCENTILE.fullmatch(column):
        return _percentile(found.group(1))
    for suffix, _unit, kept in UNITS:
        if column.endswith(suffix) and column != suffix.strip("_"):
            column = f"{column.removesuffix(suffix).rstrip('_')} {kept}".strip()
            break
    words = (
        column.replace("_", " ")
        .replace(" 31 march", " on 31 March")
        .replace("child days", "child-days")
        .replace("child weeks", "child-weeks")
    )
    return words[:1].upper() + words[1:]


def _percentile(digits: str) -> str:
    point = digits.replace("_", ".").lstrip("0")
    if point == "50":
        return "Median"
    teens = point[-2:] in {"11", "12", "13"}
    ending = "th" if teens else {"1": "st", "2": "nd", "3": "rd"}.get(point[-1], "th")
    return f"{point}{ending} percentile"


def unit_of(column: str, released: Released) -> str:
    """The unit of a column: what its name says, and otherwise the table's own."""
    if is_share(column):
        return "%"
    if column == "n":
        return "forecasts"
    if column.endswith("_places"):
        return "places"
    if column.startswith("weeks_"):
        return "weeks"
    if column.startswith("child_") or column in COUNTED:
        return in_words(column).lower()
    if "children" in column.split("_") and not any(column.endswith(suffix) for suffix, _unit, _kept in UNITS):
        return "children"
    return next((unit for suffix, unit, _kept in UNITS if column.endswith(suffix)), released.unit)


def is_share(column: str) -> bool:
    """Whether a column holds fractions to be shown as percentages: a share, a chance, or a score that is one.

    >>> is_share("share_of_spend"), is_share("external_share"), is_share("chance_above"), is_share("shared_homes")
    (True, True, True, False)
    """
    if column in SCORED_AS_SHARES:
        return True
    return column in ("share", "chance") or column.startswith(("share_", "chance_")) or column.endswith("_share")


def is_money(column: str, unit: str = "") -> bool:
    """Whether a column holds pounds, by its own name or by the unit of its table."""
    return column.endswith(("_gbp", "_gbp_per_week")) or unit.startswith("£")


def financial_year(ending: int) -> str:
    """A financial year by its two halves.

    >>> financial_year(2018), financial_year(2000)
    ('2017/18', '1999/00')
    """
    return f"{ending - 1}/{ending % 100:02d}"


def day_in_words(day: date) -> str:
    """A day as it is written.

    >>> day_in_words(date(2018, 3, 31))
    '31 March 2018'
    """
    return f"{day.day} {day:%B %Y}"


def figure_in_words(value: float, places: int = 0) -> str:
    """A number with commas and a true minus sign.

    >>> figure_in_words(-1234.5, 1), figure_in_words(-0.2)
    ('−1,234.5', '0')
    """
    words = f"{value:,.{places}f}"
    return words.removeprefix("-") if float(words.replace(",", "")) == 0 else words.replace("-", "−")


def places_for(values: Iterable[float], column: str) -> int:
    """How many decimal places a column of numbers is written with: enough to tell them apart, and no more."""
    known = [abs(value) for value in values if not math.isnan(value)]
    if all(value == round(value) for value in known):
        return 0
    most = max(known, default=0.0) * (100 if is_share(column) else 1)
    return 0 if most >= 1000 else 1 if most >= 10 or is_share(column) or column.endswith("per_10k") else 2


def number_in_words(value: float, column: str, released: Released, places: int | None = None) -> str:
    """A number of a column with its sign of money or per cent, as charts write it beside its mark."""
    if math.isnan(value):
        return NOT_AVAILABLE
    if is_share(column):
        return f"{figure_in_words(value * 100, places or 0)}%"
    unit = unit_of(column, released)
    if is_money(column, unit):
        words = figure_in_words(abs(value), places or 0)
        ending = "m" if "million" in unit else ""
        return f"{'−' if value < 0 and words != '0' else ''}£{words}{ending}"
    return figure_in_words(value, places_for([value], column) if places is None else places)


def course(before: float, after: float, steady: float = 0.005) -> str:
    """What became of a figure, for a title; a change of less than `steady` (a share of `before`) is none.

    >>> course(100, 120), course(100, 80), course(100, 100.2)
    ('rose', 'fell', 'held steady')
    """
    if math.isclose(before, after, rel_tol=steady):
        return "held steady"
    return "rose" if after > before else "fell"


def moved(before: float, after: float) -> str:
    """What became of a figure and by how much of itself, for a title.

    >>> moved(340, 555), moved(100, 80), moved(100, 100.2), moved(0, 5), moved(float("nan"), 5)
    ('rose 63%', 'fell 20%', 'held steady', 'rose', 'cannot be followed throughout')
    """
    if math.isnan(before) or math.isnan(after):
        return "cannot be followed throughout"
    how = course(before, after)
    return how if how == "held steady" or before == 0 else f"{how} {abs(after / before - 1):.0%}"


def apart(ours: float, theirs: float) -> str:
    """How far one figure lies from another, as a share of the other.

    >>> apart(40.1, 50.9), apart(60, 50), apart(50.1, 50)
    ('21% below', '20% above', 'level with')
    """
    gap = ours / theirs - 1
    return "level with" if abs(gap) < 0.005 else f"{abs(gap):.0%} {'below' if gap < 0 else 'above'}"


def between(low: float, high: float, places: int = 0) -> str:
    """The two ends of a range, in a sentence; one number where they are written alike, [c] where one is withheld.

    >>> between(560, 740), between(1560.4, 1560.3), between(-15, 20)
    ('between 560 and 740', 'about 1,560', 'between −15 and 20')
    """
    ends = [WITHHELD if _is_blank(end) else figure_in_words(end, places) for end in (low, high)]
    if WITHHELD in ends:
        return WITHHELD
    return f"about {ends[0]}" if ends[0] == ends[1] else f"between {ends[0]} and {ends[1]}"


def pounds(value: float, places: int = 1) -> str:
    """A sum in £ million as it is said, in thousands where it is less than one; [c] where it is withheld.

    >>> pounds(9.70), pounds(32.2, 0), pounds(0.2634), pounds(-0.004), pounds(float("nan"))
    ('£9.7 million', '£32 million', '£263,000', '−£4,000', '[c]')
    """
    if _is_blank(value):
        return WITHHELD
    small = round(abs(value), 3) < 1
    said = (
        figure_in_words(round(abs(value) * 1000) * 1000) if small else f"{figure_in_words(abs(value), places)} million"
    )
    return f"{'−' if value < 0 else ''}£{said}"


def pounds_between(low: float, high: float) -> str:
    """A range of £ million as it is said, whole millions unless they are few; [c] where an end is withheld.

    >>> pounds_between(25.5, 40.8), pounds_between(1.04, 5.67), pounds_between(0.02, 0.3)
    ('between £26 million and £41 million', 'between £1.0 million and £5.7 million', 'between £20,000 and £300,000')
    """
    if _is_blank(low) or _is_blank(high):
        return WITHHELD
    places = 0 if min(abs(low), abs(high)) >= 10 else 1
    return f"between {pounds(low, places)} and {pounds(high, places)}"


def one_in(chance: float) -> str:
    """A chance as people say it: so many in so many, with no more exactness than a chance has.

    chance: from 0 to 1. Raises ValueError outside that.

    >>> one_in(0.2), one_in(0.18), one_in(0.63), one_in(0.96), one_in(0.001), one_in(0.9999)
    ('1 in 5', '1 in 5', '3 in 5', '24 in 25', 'fewer than 1 in 100', 'more than 99 in 100')
    """
    if not 0 <= chance <= 1:
        raise ValueError(f"A chance lies from 0 to 1; {chance} does not.")
    if min(chance, 1 - chance) < 0.005:
        return "fewer than 1 in 100" if chance < 0.5 else "more than 99 in 100"
    parts = (2, 3, 4, 5, 10, 20) if 0.075 <= chance <= 0.925 else (100,)
    near = (Fraction(round(chance * part), part) for part in parts)
    said = next(simple for simple in near if abs(simple - chance) < ENOUGH)
    return f"{said.numerator} in {said.denominator}"


def small_numbers(expected: float) -> str:
    """How far chance alone moves a count of children, in a sentence: the square root of the number expected.

    Source: the standard deviation of a Poisson count, which a count of children who come one by one nearly is.

    >>> small_numbers(63)
    '63 children: chance alone moves such a count by about 8 either way'
    """
    if _is_blank(expected):
        return "too few children to show, or to say how far chance alone moves such a count"
    return (
        f"{figure_in_words(expected)} {'child' if round(expected) == 1 else 'children'}: chance alone moves such a "
        f"count by about {figure_in_words(max(1.0, math.sqrt(expected)))} either way"
    )


def _is_blank(value: object) -> bool:
    """Whether a number of a released table is withheld or missing: NaN, None, or pandas' own blank."""
    return not isinstance(value, numbers.Real) or math.isnan(value)


def counted(number: int, thing: str) -> str:
    """A number of things, in the singular or plural it needs.

    >>> counted(0, "rule"), counted(1, "rule"), counted(1200, "rule")
    ('no rules', '1 rule', '1,200 rules')
    """
    return f"{f'{number:,}' if number else 'no'} {thing}{'' if number == 1 else 's'}"


def capital(words: object) -> str:
    """Words with a capital to begin with, the rest as they are.

    >>> capital("in-house foster"), capital("16+ supported"), capital("DfE")
    ('In-house foster', '16+ supported', 'DfE')
    """
    said = str(words)
    return said[:1].upper() + said[1:]


def foot_of(released: Released) -> str:
    """What stands under every exhibit: source, day, rule, and the mark of invented data."""
    said = f"Source: {released.source.rstrip('.')}. As at {day_in_words(released.as_at)}. {released.rule.rstrip('.')}."
    return said + (" SYNTHETIC: invented data, not real children." if released.synthetic else "")
