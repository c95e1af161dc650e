"""Published price indices by financial year: read the small table of them, every vintage side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.returns.reading.plain_tables import PlainTable

COLUMNS = ("index", "publication", "published", "financial_year", "forecast", "value")
WORDS = ("index", "publication")
VINTAGE = ["index", "publication", "published"]
FORECAST = {"yes": True, "no": False}
HELP = "data/reference/README.md says what the table of indices holds."


class IndexFileError(ValueError):
    """A file is not a table of price indices."""


NOT_THERE = "hold no index, day (YYYY-MM-DD), financial year, forecast (yes or no) or level above nought"
INDICES = PlainTable(IndexFileError, COLUMNS, HELP)


def read_indices(path: Path) -> pd.DataFrame:
    """Price indices, one row an index, vintage and financial year (the year of its 31 March).

    Columns of COLUMNS: `published` is the vintage's day, `forecast` whether the year rests on the publisher's forecast,
    `value` the index, of which only ratios matter.
    Raises IndexFileError saying what the file is instead, or which rows are wrong, and what to do.
    """
    sheet = INDICES.read(path)
    year, value = (pd.to_numeric(sheet[name], errors="coerce") for name in ("financial_year", "value"))
    day = pd.to_datetime(sheet["published"], format="%Y-%m-%d", errors="coerce")
    wrong = (sheet[list(WORDS)] == "").any(axis=1) | day.isna() | ~sheet["forecast"].isin(FORECAST)
    wrong |= ~(year.mod(1).eq(0) & year.between(1900, 2200)) | ~(np.isfinite(value) & value.gt(0))
    INDICES.refuse(path, wrong, NOT_THERE)
    table = sheet.assign(
        published=day.astype("datetime64[us]"),
        financial_year=year.astype("int64"),
        forecast=sheet["forecast"].map(FORECAST).astype("bool"),
        value=value.astype("float64"),
    )
    INDICES.refuse(path, table.duplicated(["index", "published", "financial_year"]), "repeat an index, day and year")
    table = table.sort_values([*VINTAGE, "financial_year"])
    gap = table.groupby(VINTAGE)["financial_year"].diff().gt(1).reindex(sheet.index)
    INDICES.refuse(path, gap, "come after a year left out: a vintage must run on without a gap")
    return table.reset_index(drop=True)
