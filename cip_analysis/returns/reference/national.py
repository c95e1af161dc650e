"""What was learned from the national panel, and how right it has been: read the small tables that stand in for it.

Any other file is refused.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.returns.reading.plain_tables import PlainTable

COLUMNS = ("origin", "horizon_years", "term", "value")
RECORD_COLUMNS = (
    "origins", "size", "first_origin", "last_origin", "authorities", "method", "measure", "horizon_months", "n", "mae",
    "mape", "crps", "coverage_80", "coverage_95",
)  # fmt: skip
EVERY_ORIGIN, EVERY_SIZE = "every origin", "every size"
LATEST = "latest, outturns after the panel"
WORDS = ("origins", "size", "method", "measure")
WHOLE = ("first_origin", "last_origin", "authorities", "horizon_months", "n")
SHARES = ("coverage_80", "coverage_95")
REFRESH = "Write it again with `cip backtest --national … --to FOLDER` (data/reference/README.md)."


class NationalFileError(ValueError):
    """A file is not a table of national estimates."""


ESTIMATES = PlainTable(NationalFileError, COLUMNS, REFRESH)
RECORD = PlainTable(NationalFileError, RECORD_COLUMNS, REFRESH)


def read_national(path: Path) -> pd.DataFrame:
    """National estimates, one row an origin, horizon and term: whole years, the term's name, a number.

    Raises NationalFileError saying what the file is instead, or which rows are wrong, and what to do.
    """
    sheet = ESTIMATES.read(path)
    numbers = sheet[["origin", "horizon_years", "value"]].apply(pd.to_numeric, errors="coerce")
    whole = numbers[["origin", "horizon_years"]].map(lambda value: float(value).is_integer()).all(axis=1)
    wrong = ~(whole & np.isfinite(numbers["value"]))
    wrong |= sheet.duplicated(["origin", "horizon_years", "term"])
    ESTIMATES.refuse(path, wrong, "repeat a term or hold no number")
    return sheet.assign(
        origin=numbers["origin"].astype("int64"),
        horizon_years=numbers["horizon_years"].astype("int64"),
        value=numbers["value"].astype("float64"),
    )


def read_record(path: Path) -> pd.DataFrame:
    """How right national forecasts have been, one row a group of origins, size, method, measure and horizon.

    Columns of RECORD_COLUMNS: `origins` and `size` are EVERY_ORIGIN and EVERY_SIZE where all are together; scores as in
    a scorecard. Raises NationalFileError saying what the file is instead, or which rows are wrong, and what to do.
    """
    sheet = RECORD.read(path)
    numbers = sheet[[name for name in RECORD_COLUMNS if name not in WORDS]].apply(pd.to_numeric, errors="coerce")
    whole = numbers[list(WHOLE)].map(lambda value: float(value).is_integer() and value > 0).all(axis=1)
    scores = numbers.drop(columns=list(WHOLE))
    wrong = ~(whole & np.isfinite(scores).all(axis=1) & (scores >= 0).all(axis=1))
    wrong |= (scores[list(SHARES)] > 1).any(axis=1) | (sheet[list(WORDS)] == "").any(axis=1)
    wrong |= sheet.duplicated([*WORDS, "horizon_months"])
    RECORD.refuse(path, wrong, "repeat a score or hold none that can be")
    kinds = {name: "int64" if name in WHOLE else "float64" for name in numbers}
    return sheet.assign(**{name: numbers[name].astype(kind) for name, kind in kinds.items()})
