"""The only door out: a table becomes `Released` here or is not shown at all.

Every column is declared. A count of children is withheld where it is small and rounded where it is not; a value that
rests on children (their spend, their mean price) is withheld wherever its count is; a plain column (a year, an area,
an age band) has no child behind it. What is not declared is refused by name, and so is anything that names a child.

    about = About(source="SSDA903 returns", as_at=date(2018, 3, 31), synthetic=True)
    stock = release(table, about, counts=["children"], bases={"spend_gbp": "children"}, plain=["year", "setting"])
    lines(part(stock, ["year", "setting", "children"]), "children", by="setting", title="More children each year")
    forecast = release_forecast(projected, about, by=["scenario", "setting"])

The threshold and the rounding base are the run's `[disclosure]` settings for its audience. Each step of the rule takes
the flags of what is withheld and returns more of them, so a further step has only to be added between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

import pandas as pd
from pandas.api import types as kinds

from cip_analysis.publish.words import STATISTICS
from cip_analysis.records import Released
from cip_analysis.settings import Disclosure


class DisclosureError(ValueError):
    """A table may not be shown: a column is not declared, names a child, or breaks the rule it is declared under."""


PUBLIC_RULE = Disclosure()
NOTHING: Mapping[str, str] = MappingProxyType({})
FORECAST_RULE = "A forecast is withheld whole where it starts from a withheld count, and rounded likewise"
NO_COUNTS = "Nothing in it is withheld or rounded further"
AS_PUBLISHED = "Published figures, as published: not rounded further"
WORKED_OUT = "Worked out from published figures: nothing withheld, nor rounded further"
NAMES_A_CHILD = re.compile(
    r"(^|_)(upn|urn|dob|postcode|post_code|home_post|pl_post|birth_date|date_of_birth|mother|household|first_rows)(_|$)"
    r"|^child(_?(id|no|number|code|ref|reference|name))?$"
    r"|^(forename|surname|full_name|child_name|name_of_child)$",
    re.IGNORECASE,
)
LOOKS_LIKE_A_CHILD = {
    "a postcode": re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE),
    "a unique pupil number": re.compile(r"[A-Z]\d{11}[\dA-Z]", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class About:
    """What a table must say about itself wherever it is shown, and the rule that it is shown under.

    source: where the figures come from, in words. as_at: the day they describe. unit: of the figures.
    synthetic: made from invented children. rule: the run's disclosure rule; the default is the strict public one.
    """

    source: str
    as_at: date
    unit: str = "children"
    synthetic: bool = False
    rule: Disclosure = PUBLIC_RULE


def release(
    table: pd.DataFrame,
    about: About,
    *,
    counts: Sequence[str] = (),
    bases: Mapping[str, str | Sequence[str]] = NOTHING,
    plain: Sequence[str] = (),
) -> Released:
    """The table as it may be shown.

    counts: columns that count children, whole and never negative. 1 to threshold - 1 are withheld, noughts too unless
    the rule shows them; the others are rounded to the nearest base, halves up.
    bases: column of values -> the count, or counts, it rests on; withheld wherever one of those is.
    plain: labels, years and dates with no children behind them.
    The index is dropped; a named one is refused, because it is usually the child. A table that declares no count says
    so in place of the rule.
    Raises DisclosureError naming every column that is undeclared, missing, or not what it is declared to be.
    """
    rests_on = {value: [base] if isinstance(base, str) else list(base) for value, base in bases.items()}
    _refuse_identities(table)
    _refuse_undeclared(table, counts, rests_on, plain)
    _refuse_bad_counts(table, counts)
    flags = _small_counts(table, counts, about.rule)
    flags = _what_rests_on_them(flags, rests_on)
    rounded = {name: _rounded(table[name], about.rule.rounding_base) for name in counts}
    return _released(table.assign(**rounded), flags, about, rule_in_words(about.rule) if counts else NO_COUNTS)


def release_forecast(
    table: pd.DataFrame,
    about: About,
    *,
    by: Sequence[str],
    bases: Mapping[str, str | Sequence[str]] = NOTHING,
    plain: Sequence[str] = (),
) -> Released:
    """A forecast in long form as it may be shown: a row a month of each series, a column a statistic.

    table: `month` (month ends), the labels of `by`, and the statistics of words.STATISTICS that it has, in children;
    p50 is needed. The first month of a series is its last outturn. by: labels that together name a series; none
    where there is one. bases: column of values (a rate, a chance, £) -> the statistic, or statistics, it rests on.
    plain: labels that tell no series apart.
    A series whose first month is a count to withhold is withheld whole, every month and statistic of it, because a
    forecast of a withheld count gives it away. The others are rounded to the nearest base, halves up, which keeps
    the statistics in order; a low end that rounds to nought is no count of children, and is shown.
    Raises DisclosureError for what `release` refuses, and for statistics that are blank, below nought or out of
    order, or a series that repeats a month.
    """
    statistics = [name for name in STATISTICS if name in table.columns]
    rests_on = {value: [base] if isinstance(base, str) else list(base) for value, base in bases.items()}
    _refuse_identities(table)
    _refuse_undeclared(table, ["p50", *[name for name in statistics if name != "p50"]], rests_on,
                       ["month", *by, *plain])  # fmt: skip
    _refuse_bad_forecast(table, statistics, by)
    small = _begins_small(table, by, about.rule)
    flags = pd.DataFrame({name: small if name in statistics else False for name in table.columns}, table.index)
    flags = _what_rests_on_them(flags, rests_on)
    rounded = {name: _rounded(table[name], about.rule.rounding_base) for name in statistics}
    return _released(table.assign(**rounded), flags, about, f"{rule_in_words(about.rule)}. {FORECAST_RULE}")


def forecast_per_10k(forecast: Released, populations: pd.Series) -> Released:
    """A released forecast as children per 10,000, worked from the rounded numbers, so that it tells no more than they.

    populations: children aged under 18, indexed by month end; months it lacks are left out. The statistics come back
    as p50_rate_per_10k and so on, to one decimal place.
    Raises DisclosureError where no month has a population, or a population is not above nought.
    """
    held = forecast.table["month"].isin(populations.index)
    if not held.any() or not (populations > 0).all():
        raise DisclosureError("Rates need a population above nought for at least one month of the forecast.")
    table, withheld = (half[held].reset_index(drop=True) for half in (forecast.table, forecast.withheld))
    people = table["month"].map(populations).astype(float)
    statistics = [name for name in STATISTICS if name in table.columns]
    rates = {name: (table[name].astype("Float64") / people * 10_000).round(1) for name in statistics}
    names = {name: f"{name}_rate_per_10k" for name in statistics}
    return replace(
        forecast,
        table=table.assign(**rates).rename(columns=names),
        withheld=withheld.rename(columns=names),
        rule=f"{forecast.rule.rstrip('.')}. Rates are worked from the rounded numbers",
        unit="children per 10,000",
    )


def release_published(
    table: pd.DataFrame, about: About, *, symbols: Mapping[str, str] = NOTHING, worked_out: bool = False
) -> Released:
    """Already published statistics as they may be shown: nothing rounded, nothing withheld but by their publisher.

    symbols: column of values -> the column that holds the publisher's symbol where the value is withheld. The symbol
    columns are not shown; a value beside a symbol is refused. worked_out: whether they are rates, scores or the like
    that their publisher does not print, which is then said.
    Raises DisclosureError where a column names a child, is missing, or holds both a value and a symbol.
    """
    _refuse_identities(table)
    if missing := sorted({*symbols, *symbols.values()} - set(table.columns)):
        raise DisclosureError(f"The table has no column {', '.join(missing)}. It has {', '.join(table.columns)}.")
    flags = pd.DataFrame(False, index=table.index, columns=table.columns)
    flags = flags.assign(**{value: table[symbol].notna() for value, symbol in symbols.items()})
    for value, symbol in symbols.items():
        if both := int((table[value].notna() & table[symbol].notna()).sum()):
            raise DisclosureError(f"{both} rows hold both a value in {value} and a symbol in {symbol}.")
    shown = [name for name in table.columns if name not in set(symbols.values())]
    return _released(table[shown], flags[shown], about, WORKED_OUT if worked_out else AS_PUBLISHED)


def part(released: Released, columns: Sequence[str] = (), where: Mapping[str, object] = NOTHING) -> Released:
    """Some columns, or some rows, of a table that has been released; what is withheld stays withheld.

    columns: those to keep, in this order; none keeps all. where: column -> the value, or list of values, to keep.
    Raises DisclosureError for an unknown column, or where no row is left.
    """
    if unknown := sorted({*columns, *where} - set(released.table.columns)):
        raise DisclosureError(f"There is no column {', '.join(unknown)} among {', '.join(released.table.columns)}.")
    kept = pd.Series(True, index=released.table.index)
    for name, wanted in where.items():
        values = list(wanted) if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
        kept &= released.table[name].isin(values)
    if not kept.any():
        raise DisclosureError(
            f"No row is left where {', '.join(f'{name} is {value}' for name, value in where.items())}."
        )
    names = list(columns) or list(released.table.columns)
    return Released(
        table=released.table.loc[kept, names].reset_index(drop=True),
        withheld=released.withheld.loc[kept, names].reset_index(drop=True),
        rule=released.rule,
        source=released.source,
        as_at=released.as_at,
        unit=released.unit,
        synthetic=released.synthetic,
    )


def rule_in_words(rule: Disclosure) -> str:
    """The rule as it is printed under every exhibit.

    >>> rule_in_words(Disclosure())
    'Counts of 1 to 4 are withheld; others are rounded to the nearest 5'
    """
    withheld = f"1 to {rule.threshold - 1}" if rule.threshold > 2 else "1"
    if not rule.zeros_shown:
        withheld = f"0 to {rule.threshold - 1}"
    first = f"Counts of {withheld} are withheld" if rule.threshold > 1 else "No count is withheld"
    return first + (
        f"; others are rounded to the nearest {rule.rounding_base}" if rule.rounding_base > 1 else "; none is rounded"
    )


def _released(table: pd.DataFrame, flags: pd.DataFrame, about: About, rule: str) -> Released:
    shown = table.mask(flags).reset_index(drop=True)
    return Released(shown, flags.reset_index(drop=True), rule, about.source, about.as_at, about.unit, about.synthetic)


# ---- the rule, one step a function: each takes flags and returns more of them -----------------------------------


def _small_counts(table: pd.DataFrame, counts: Sequence[str], rule: Disclosure) -> pd.DataFrame:
    """Which cells hold a count too small to show."""
    lowest = 1 if rule.zeros_shown else 0
    small = {name: table[name].between(lowest, rule.threshold - 1).fillna(False).astype(bool) for name in counts}
    return pd.DataFrame(False, index=table.index, columns=table.columns).assign(**small)


def _what_rests_on_them(flags: pd.DataFrame, rests_on: Mapping[str, list[str]]) -> pd.DataFrame:
    """The flags, with every value flagged where a count that it rests on is."""
    return flags.assign(**{value: flags[base].any(axis=1) for value, base in rests_on.items()})


def _rounded(counts: pd.Series, base: int) -> pd.Series:
    """Numbers to the nearest multiple of `base`, halves up; blanks stay blank."""
    return ((counts.astype("Float64") + base / 2) // base * base).astype("Int64")


def _begins_small(table: pd.DataFrame, by: Sequence[str], rule: Disclosure) -> pd.Series:
    """Which rows belong to a series whose first month holds a count too small to show."""
    series = table.groupby(list(by), dropna=False, sort=False).ngroup() if by else pd.Series(0, table.index)
    first = table["month"].eq(table["month"].groupby(series).transform("min"))
    states = table["p50"].where(first).groupby(series).transform("max")
    return states.lt(rule.threshold) & (states.gt(0) | (not rule.zeros_shown))


# ---- what is refused --------------------------------------------------------------------------------------------


def _refuse_identities(table: pd.DataFrame) -> None:
    """Refuse a column, an index or a value that could say who a child is."""
    named = [str(name) for name in [*table.columns, *table.index.names] if name and NAMES_A_CHILD.search(str(name))]
    if named:
        raise DisclosureError(f"{', '.join(named)} would say who a child is, and may not be shown. Count rows instead.")
    if any(name is not None for name in table.index.names):
        raise DisclosureError("The table has a named index. Call reset_index() so that its columns can be declared.")
    if table.columns.duplicated().any() or not all(isinstance(name, str) for name in table.columns):
        raise DisclosureError("Every column of a table to be shown needs a name of its own, in words.")
    for name in table.columns[[not kinds.is_numeric_dtype(table[name]) for name in table.columns]]:
        text = table[name].dropna().astype("str")
        for what, pattern in LOOKS_LIKE_A_CHILD.items():
            if found := int(text.str.fullmatch(pattern).sum()):
                raise DisclosureError(f"{found} values in {name} look like {what}, and may not be shown.")


def _refuse_undeclared(
    table: pd.DataFrame, counts: Sequence[str], rests_on: Mapping[str, list[str]], plain: Sequence[str]
) -> None:
    """Refuse a column declared nowhere, twice, or not there, and a value whose base is not a count."""
    declared = [*counts, *rests_on, *plain]
    bases = {base for names in rests_on.values() for base in names}
    faults = {
        "not declared as a count, a value resting on a count, or plain": set(table.columns) - set(declared),
        "declared but not in the table": set(declared) - set(table.columns),
        "declared more than once": {name for name in declared if declared.count(name) > 1},
        "named as a base but not declared a count": bases - set(counts),
    }
    said = [f"{', '.join(sorted(names))}: {fault}" for fault, names in faults.items() if names]
    if said:
        raise DisclosureError("; ".join(said) + ".")
    if baseless := sorted(value for value, base in rests_on.items() if not base):
        raise DisclosureError(f"{', '.join(baseless)}: no count named to rest on.")


def _refuse_bad_counts(table: pd.DataFrame, counts: Sequence[str]) -> None:
    """Refuse a count that is not whole, or is below nought."""
    for name in counts:
        if not kinds.is_numeric_dtype(table[name]) or kinds.is_bool_dtype(table[name]):
            raise DisclosureError(f"{name} is declared a count but holds {table[name].dtype}.")
        known = table[name].dropna()
        if broken := int(((known % 1 != 0) | (known < 0)).sum()):
            raise DisclosureError(
                f"{name} is declared a count but {broken} of its values are not whole, or are below nought. "
                "Declare a mean or a change as a value resting on the count behind it."
            )


def _refuse_bad_forecast(table: pd.DataFrame, statistics: Sequence[str], by: Sequence[str]) -> None:
    """Refuse statistics that are not a forecast's: blank, below nought, out of order, or two for one month."""
    if not kinds.is_datetime64_any_dtype(table["month"]) or table["month"].isna().any():
        raise DisclosureError(
            "The month of a forecast holds something other than dates. Make them dates with pd.to_datetime."
        )
    for name in statistics:
        if not kinds.is_numeric_dtype(table[name]) or kinds.is_bool_dtype(table[name]):
            raise DisclosureError(f"{name} is a statistic of a forecast but holds {table[name].dtype}.")
    numbers = table[list(statistics)].astype("Float64")
    if broken := int((numbers.isna() | (numbers < 0)).any(axis=1).sum()):
        raise DisclosureError(f"{broken} rows of the forecast hold a statistic that is blank or below nought.")
    points = numbers[[name for name in statistics if name != "mean"]]
    if crossed := int((points.diff(axis=1) < 0).any(axis=1).sum()):
        raise DisclosureError(f"{crossed} rows of the forecast hold percentiles out of order.")
    if repeats := int(table.duplicated([*by, "month"]).sum()):
        raise DisclosureError(
            f"{repeats} rows of the forecast repeat a month of one series. Name every label that tells them apart."
        )
