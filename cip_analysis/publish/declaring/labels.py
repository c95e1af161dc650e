"""Which cells the counts of a table are: what they count, and the labels that pick each out, written alike everywhere.

A day is written one way, whether a table gives it as a month's end, as a year (31 March) or in words; a row that adds
up the others goes by fewer labels. The vocabulary of measures and labels is in docs/data_dictionary.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

import pandas as pd
from pandas.api import types as kinds

from cip_analysis.publish.protection.cells import TIMES, Key, Label, Listing, differing_from

ON_31_MARCH = "on 31 March"
DAY = "day"
TOTALS = frozenset(
    {"all", "total", "all children", "all settings", "all placements", "all ages", "all groups", "all years",
     "whole county", "everyone"}
)  # fmt: skip
"""Words for a row that adds up the others, in any case."""
NAMED_VALUE = re.compile(r"([A-Za-z][^:]{0,40}): (.+)")
ON_A_DAY = re.compile(r"(.+) on (31 March|the 31 March before|\d{4}-\d\d-\d\d)")
DAY_IN_WORDS = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}")


class LabelError(ValueError):
    """A table's counts cannot be told apart by the labels it is said to have."""


class Told(TypedDict, total=False):
    """What a notebook may say of a table beside what its columns are.

    measure: what the counts count, in words, alike wherever the same thing is counted; one for all count columns, or
    one a column. Blank: the cells are this table's alone.
    labels: the plain columns that pick out a row (left out: the plain ones that hold no number, and year, month and
    financial_year); or column -> the label's common name, where "on 31 March" makes a year, or a month's end, a day.
    A name that is no column is a label of every row: {"setting": "kinship"} where a table is of kinship alone.
    A measure of one column may end in "on 31 March", "on the 31 March before" or "on 2018-03-31": its cells are then of
    that day, in a table whose rows are of years.
    across: the label whose values are the names of the count columns, in a table with a column a year.
    totals: further words for rows that add up the others.
    adding: columns of values that add up over the labels. over: column of shares of such values -> the labels over
    which they come to one; left out, all but times. per: column of values -> the counts that it was divided by; it is
    worked again from those counts as shown.
    providers: column of values -> the column of how many providers stand behind it.
    """

    measure: str | Mapping[str, str]
    labels: Sequence[str] | Mapping[str, str | int | date]
    across: str
    totals: Sequence[str]
    adding: Sequence[str]
    over: Mapping[str, Sequence[str]]
    per: Mapping[str, Sequence[str]]
    providers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Declared:
    """Columns of a table as declared: those that count, the plain ones, and what more was told of them."""

    counts: Sequence[str]
    plain: Sequence[str]
    told: Told


def list_cells(table: pd.DataFrame, declared: Declared, own: str) -> tuple[Listing, ...]:
    """The cells of each count column, in the order of the table's rows.

    own: what counts without a measure are called, alike in no other table.
    Raises LabelError where a label is no column of the table.
    """
    labels = label_rows(table, declared)
    return apart_where_torn([_list_column(table[name], declared.told, labels, own) for name in declared.counts], own)


def apart_where_torn(listings: Sequence[Listing], own: str) -> tuple[Listing, ...]:
    """The listings, one that gives a cell another count than those before it under a name of its own."""
    found: dict[Key, int] = {}
    kept = []
    for listing in listings:
        torn = differing_from(listing, found)
        kept.append(listing.called(f"{own}: {listing.column}") if torn else listing)
        found |= kept[-1].cells
    return tuple(kept)


def label_rows(table: pd.DataFrame, declared: Declared) -> list[frozenset[Label]]:
    """The labels of each row, those that add up the others left out, written alike in every table.

    Raises LabelError where a label is no column of the table and has no value of its own.
    """
    named = _names(table, declared)
    totals = TOTALS | {word.casefold() for word in declared.told.get("totals", ())}
    columns = []
    for column, name in named.items():
        if column in table.columns:
            columns.append([_label(name, value, totals) for value in table[column]])
        elif name not in (column, ON_31_MARCH):
            columns.append([_label(column, name, totals)] * len(table))  # one for all rows
        else:
            raise LabelError(f"{column} is said to be a label, but the table has no such column and it has no value.")
    return [frozenset(label for label in row if label) for row in zip(*columns, strict=True)] or [
        frozenset() for _row in range(len(table))
    ]


def name_values(table: pd.DataFrame, declared: Declared, own: str) -> tuple[dict[str, str], list[frozenset[Label]]]:
    """What the values of each column that adds up are called, and the labels of each row.

    A value column has a measure where `measure` names one for it; else its cells are this table's alone.
    """
    measure = declared.told.get("measure", "")
    named = {} if isinstance(measure, str) else measure
    names = {column: named.get(column) or f"{own}: {column}" for column in declared.told.get("adding", ())}
    return names, label_rows(table, declared) if names else []


def _names(table: pd.DataFrame, declared: Declared) -> Mapping[str, str | int | date]:
    """Each label's column and common name."""
    labels = declared.told.get("labels")
    if labels is None:
        labels = [name for name in declared.plain if _is_label(table[name])]
    return labels if isinstance(labels, Mapping) else {name: name for name in labels}


def _is_label(column: pd.Series) -> bool:
    times = {name.replace(" ", "_") for name in TIMES}
    return column.name in times or not kinds.is_numeric_dtype(column) or kinds.is_bool_dtype(column)


def _label(name: str | int | date, value: object, totals: frozenset[str]) -> Label | None:
    """One label as it is written everywhere; none where it stands for all."""
    text = str(value)
    if text.casefold() in totals:
        return None
    if isinstance(value, date | datetime):
        return DAY, f"{value:%Y-%m-%d}"
    if name == ON_31_MARCH:
        return DAY, f"{int(text)}-03-31" if text.isdigit() else _day(text)
    if found := NAMED_VALUE.fullmatch(text):
        return None if found[2].casefold() in totals else (_plain(found[1]), found[2])
    return _plain(str(name)), "" if value is None or value is pd.NA else text


def _day(text: str) -> str:
    """A day in words as it is written everywhere."""
    if DAY_IN_WORDS.fullmatch(text):
        return f"{datetime.strptime(text, '%d %B %Y'):%Y-%m-%d}"
    return text


def _on_its_day(measure: str, labels: Sequence[frozenset[Label]]) -> tuple[str, Sequence[frozenset[Label]]]:
    """A count of one day in a table of years: what it counts, and its labels with that day in the years' place."""
    found = ON_A_DAY.fullmatch(measure)
    if not found:
        return measure, labels
    what, day = found[1], found[2]
    if day[0].isdigit() and "-" in day:
        return what, [frozenset({(DAY, day), *(label for label in row if label[0] not in TIMES)}) for row in labels]
    before = int(day.endswith("before"))
    return what, [
        frozenset(
            (DAY, f"{int(value) - before}-03-31") if name in TIMES - {DAY} else (name, value) for name, value in row
        )
        for row in labels
    ]


def _plain(name: str) -> str:
    return name.casefold().replace("_", " ").strip()


def _list_column(column: pd.Series, told: Told, labels: Sequence[frozenset[Label]], own: str) -> Listing:
    """One count column as cells; a table with two counts for one cell tells its rows apart by their number."""
    name = str(column.name)
    measure = told.get("measure", "")
    named, labels = _on_its_day(measure if isinstance(measure, str) else measure.get(name, ""), labels)
    across = told.get("across", "")
    common = frozenset(filter(None, [_label(across, name, TOTALS) if across else None]))
    what = named or f"{own}: {'' if across else name}"
    counts = tuple(None if pd.isna(count) else int(count) for count in column)
    keys = tuple(None if count is None else (what, row | common) for count, row in zip(counts, labels, strict=True))
    listing = Listing(name, keys, counts, named)
    if not differing_from(listing, {}):
        return listing
    apart = tuple(key and (f"{own}: {name}", key[1] | {("row", str(row))}) for row, key in enumerate(keys))
    return Listing(name, apart, counts, named)
