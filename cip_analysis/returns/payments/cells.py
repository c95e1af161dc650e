"""Money and days as people type them: read where there is one reading, refused where there are two."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

PLAIN_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
BY_THE_WEEK = r"(?:/|p/|per|p\.?)\s*(?:w|wk|week)\.?"
# A number with its thousands marked, in brackets or with CR or a trailing minus where it is a credit.
MONEY = (
    r"(?P<open>\()?(?P<minus>-)?(?:£|gbp)?(?P<inner>-)?"
    r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    rf"(?:£|gbp)?(?P<week>{BY_THE_WEEK})?(?P<close>\))?(?P<credit>-|cr)?"
)
MONEY_READINGS = ("plain", "as text", "by the week", "formula", "blank", "unreadable")
LARGEST_GBP = 1e10
EARLIEST, LATEST = pd.Timestamp(1990, 1, 1), pd.Timestamp(2100, 1, 1)
DAY_FORMATS = ("%d/%m/%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y",
               "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%d-%b-%y", "%d/%m/%y")  # fmt: skip


def read_money(typed: pd.Series) -> pd.DataFrame:
    """Sums of money from text, in the order and index of `typed`.

    Returns `pence` (whole numbers held as floats, blank where there is no one reading), `reading` (one of
    MONEY_READINGS) and `rounding_gbp` (what rounding to the nearest penny added; nought where nothing was finer).
    Brackets, a trailing minus and CR make a credit. A comma is a thousands mark only where three digits follow;
    another currency, two signs, or a thousand written "2.9k" is unreadable: it is never guessed.

    >>> read_money(pd.Series(["2950", "£2,950.00", "(1,200)", "2950 p/w", "2,95"]))["reading"].tolist()
    ['plain', 'as text', 'as text', 'by the week', 'unreadable']
    """
    text = typed.fillna("").str.strip()
    plain = text.str.fullmatch(PLAIN_NUMBER)
    pounds = pd.to_numeric(text.where(plain), errors="coerce").astype("float64")
    reading = pd.Series("unreadable", index=typed.index).mask(text.eq(""), "blank").mask(plain, "plain")
    odd = text[~plain & text.ne("")]
    if len(odd):
        formatted = _read_formatted(odd)
        pounds = pounds.fillna(formatted["pounds"].reindex(typed.index))
        reading.loc[odd.index] = formatted["reading"]
    too_large = pounds.abs() > LARGEST_GBP
    pence = (pounds * 100).round().mask(too_large)
    rounding = (pence / 100 - pounds).fillna(0)
    rounding = rounding.mask(rounding.abs() < 1e-6, 0.0)
    return pd.DataFrame({"pence": pence, "reading": reading.mask(too_large, "unreadable"), "rounding_gbp": rounding})


def _read_formatted(text: pd.Series) -> pd.DataFrame:
    """Sums written with signs, marks or words; `pounds` and `reading` in the index of `text`."""
    bare = text.str.lower().str.replace(r"\s+", "", regex=True).str.replace("−", "-", regex=False)
    parts = bare.str.extract(rf"^{MONEY}$")
    signs = parts[["open", "minus", "inner", "credit"]].notna().sum(axis=1)
    balanced = parts["open"].notna() == parts["close"].notna()
    sound = parts["digits"].notna() & balanced & (signs <= 1)
    pounds = pd.to_numeric(parts["digits"].str.replace(",", "", regex=False), errors="coerce").astype("float64")
    reading = pd.Series("unreadable", index=text.index).mask(sound, "as text")
    reading = reading.mask(sound & parts["week"].notna(), "by the week").mask(bare.str.startswith("="), "formula")
    return pd.DataFrame({"pounds": pounds.where(signs == 0, -pounds).where(sound), "reading": reading})


def read_days(typed: pd.Series) -> pd.Series:
    """Days from text, day before month as this country writes them; blank where unreadable or not 1990 to 2099.

    A time of day is dropped. 04/30/2018 has no day-first reading and stays blank rather than be turned round.
    """
    return by_value(typed.fillna("").str.strip(), _read_distinct_days)


def _read_distinct_days(text: pd.Series) -> pd.Series:
    days = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    for layout in DAY_FORMATS:
        unread = days.isna() & text.ne("")
        if not unread.any():
            break
        days = days.fillna(pd.to_datetime(text[unread], format=layout, errors="coerce").reindex(text.index))
    days = days.dt.normalize()
    within: pd.Series = days.where(days.ge(EARLIEST) & days.lt(LATEST))
    return within


def by_value(typed: pd.Series, read: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """`read` of a column of few distinct values: each is read once, and the answers put back in place."""
    places, values = pd.factorize(typed, use_na_sentinel=False)
    answers = read(pd.Series(values)).reset_index(drop=True)
    return answers.take(places).set_axis(typed.index)


def read_reference(typed: pd.Series) -> pd.Series:
    """Identifiers and reference numbers: upper case, outer spaces off, and a spreadsheet's ".0" off the end."""
    return typed.fillna("").str.strip().str.upper().str.replace(r"^(\d+)\.0+$", r"\1", regex=True)


def to_pence(gbp: pd.Series) -> pd.Series:
    """£ as whole pence, so that totals can be compared exactly."""
    return (gbp * 100).round().astype("int64")


def total_gbp(gbp: pd.Series) -> float:
    """The total of a column of £, added in whole pence: exact to the penny whatever the order."""
    return int(to_pence(gbp).sum()) / 100
