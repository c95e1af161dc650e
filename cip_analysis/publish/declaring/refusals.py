"""What may not be shown as it is declared: a column that names a child, or is not what it is said to be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd
from pandas.api import types as kinds

from cip_analysis.publish.declaring.labels import Told


class DisclosureError(ValueError):
    """A table may not be shown: a column is not declared, names a child, or breaks the rule it is declared under."""


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


def refuse_identities(table: pd.DataFrame) -> None:
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


def refuse_undeclared(
    table: pd.DataFrame, counts: Sequence[str], rests_on: Mapping[str, list[str]], plain: Sequence[str]
) -> None:
    """Refuse a column declared nowhere, twice, or not there, and a value whose base is not a count."""
    declared = [*counts, *rests_on, *plain]
    bases = {base for names in rests_on.values() for base in names}
    faults = {
        "not declared as a count, a value resting on a count, or plain": set(table.columns) - set(declared),
        "declared but not in the table": set(declared) - set(table.columns),
        "declared more than once": {name for name in declared if declared.count(name) > 1},
        "named as a base but not declared a count, or a value that rests on one": bases - set(counts) - set(rests_on),
    }
    said = [f"{', '.join(sorted(names))}: {fault}" for fault, names in faults.items() if names]
    if said:
        raise DisclosureError("; ".join(said) + ".")
    if baseless := sorted(value for value, base in rests_on.items() if not base):
        raise DisclosureError(f"{', '.join(baseless)}: no count named to rest on.")


def refuse_unknown(table: pd.DataFrame, told: Told) -> None:
    """Refuse what nothing is known by, and a column named that the table has not."""
    if unknown := sorted(set(told) - set(Told.__annotations__)):
        raise DisclosureError(f"{', '.join(unknown)}: not known. A release takes {', '.join(Told.__annotations__)}.")
    measure, providers = told.get("measure", ""), told.get("providers", {})
    named = {
        *providers,
        *providers.values(),
        *told.get("adding", ()),
        *told.get("per", ()),
        *([] if isinstance(measure, str) else measure),
    }
    if missing := sorted(named - set(table.columns)):
        raise DisclosureError(f"{', '.join(missing)}: declared but not in the table.")


def refuse_bad_counts(table: pd.DataFrame, counts: Sequence[str]) -> None:
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


def refuse_bad_forecast(table: pd.DataFrame, statistics: Sequence[str], by: Sequence[str]) -> None:
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
