"""What was learned from the national panel: read the small table that stands in for it, and refuse any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ("origin", "horizon_years", "term", "value")
REFRESH = "Write it again with `cip backtest --national … --to FOLDER` (data/reference/README.md)."


class NationalFileError(ValueError):
    """A file is not a table of national estimates."""


def read_national(path: Path) -> pd.DataFrame:
    """National estimates, one row an origin, horizon and term: whole years, the term's name, a number.

    Raises NationalFileError saying what the file is instead, or which rows are wrong, and what to do.
    """
    try:
        sheet = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise NationalFileError(f"{path.name}: no such file. {REFRESH}") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise NationalFileError(f"{path.name}: not readable as UTF-8 CSV. {REFRESH}") from None
    if missing := [name for name in COLUMNS if name not in sheet]:
        raise NationalFileError(f"{path.name}: no column {', '.join(missing)}. {REFRESH}")
    numbers = sheet[["origin", "horizon_years", "value"]].apply(pd.to_numeric, errors="coerce")
    whole = numbers[["origin", "horizon_years"]].map(lambda value: float(value).is_integer()).all(axis=1)
    wrong = ~(whole & np.isfinite(numbers["value"]))
    wrong |= sheet.duplicated(["origin", "horizon_years", "term"])
    if count := int(wrong.sum()):
        first = int(wrong.to_numpy().argmax()) + 2
        raise NationalFileError(
            f"{path.name}: {count} rows repeat a term or hold no number, first row {first}. {REFRESH}"
        )
    return sheet[list(COLUMNS)].assign(
        origin=numbers["origin"].astype("int64"),
        horizon_years=numbers["horizon_years"].astype("int64"),
        value=numbers["value"].astype("float64"),
    )
