"""The only door out: a table becomes `Released` here or is not shown at all.

Every column is declared. A count of children is withheld where it is small and rounded where it is not; a value that
rests on children (their spend, their mean price) is withheld wherever its count is; a plain column (a year, an area,
an age band) has no child behind it. What is not declared is refused by name, and so is anything that names a child.

    about = About(source="SSDA903 returns", as_at=date(2018, 3, 31), synthetic=True)
    stock = release(table, about, counts=["children"], bases={"spend_gbp": "children"}, plain=["year", "setting"])
    lines(part(stock, ["year", "setting", "children"]), "children", by="setting", title="More children each year")

The threshold and the rounding base are the run's `[disclosure]` settings for its audience. Each step of the rule takes
the flags of what is withheld and returns more of them, so a further step has only to be added between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import pandas as pd
from pandas.api import types as kinds

from cip_analysis.records import Released
from cip_analysis.settings import Disclosure


class DisclosureError(ValueError):
    """A table may not be shown: a column is not declared, names a child, or breaks the rule it is declared under."""


PUBLIC_RULE = Disclosure()
NOTHING: Mapping[str, str] = MappingProxyType({})
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
    The index is dropped; a named one is refused, because it is usually the child.
    Raises DisclosureError naming every column that is undeclared, missing, or not what it is declared to be.
    """
    rests_on = {value: [base] if isinstance(base, str) else list(base) for value, base in bases.items()}
    _refuse_identities(table)
    _refuse_undeclared(table, counts, rests_on, plain)
    _refuse_bad_counts(table, counts)
    flags = _small_counts(table, counts, about.rule)
    flags = _what_rests_on_them(flags, rests_on)
    rounded = {name: _rounded(table[name], about.rule.rounding_base) for name in counts}
    return _released(table.assign(**rounded), flags, about, rule_in_words(about.rule))


def release_published(table: pd.DataFrame, about: About, *, symbols: Mapping[str, str] = NOTHING) -> Released:
    """Already published statistics as they may be shown: nothing rounded, nothing withheld but by their publisher.

    symbols: column of values -> the column that holds the publisher's symbol where the value is withheld. The symbol
    columns are not shown; a value beside a symbol is refused.
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
    return _released(table[shown], flags[shown], about, "Published figures, as published: not rounded further")


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
    """Whole numbers to the nearest multiple of `base`, halves up; blanks stay blank."""
    whole = counts.astype("Int64")
    return (whole + base // 2) // base * base if base > 1 else whole


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
