"""What was learned of a region, how right its forecasts have been, and its children's homes: read three small tables.

Any other file is refused.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.returns.reading.plain_tables import PlainTable

LESSON_COLUMNS = ("origin", "area_code", "term", "value")
RECORD_COLUMNS = (
    "origins", "level", "first_origin", "last_origin", "areas", "method", "horizon_months", "n", "mae", "mape", "crps",
    "coverage_80", "coverage_95",
)  # fmt: skip
HOME_COLUMNS = ("year", "area", "area_code", "sector", "homes", "places")
SHARES = ("coverage_80", "coverage_95")
REFRESH = "Write it again with benchmarks/region_accuracy.py (data/reference/README.md)."


class RegionFileError(ValueError):
    """A file is not one of a region's tables."""


ABSENT = f"Check the region's file, or write it again: {REFRESH}"
LESSONS, RECORD, HOMES = (
    PlainTable(RegionFileError, columns, REFRESH, absent=ABSENT)
    for columns in (LESSON_COLUMNS, RECORD_COLUMNS, HOME_COLUMNS)
)
WRONG = "repeat another, or hold no number that can be"


def read_lessons(path: Path) -> pd.DataFrame:
    """What was learned of each council and region at each origin: origin, area_code, term, value.

    Raises RegionFileError saying what the file is instead, or which rows are wrong, and what to do.
    """
    return _read(path, LESSONS, whole=("origin",), numbers=("value",), keys=("origin", "area_code", "term"))


def read_region_record(path: Path) -> pd.DataFrame:
    """How right each way of putting regions together has been: columns of RECORD_COLUMNS, a row a group of origins,
    level (region or council), method and horizon. Raises RegionFileError as `read_lessons` does.
    """
    whole = ("first_origin", "last_origin", "areas", "horizon_months", "n")
    numbers = ("mae", "mape", "crps", *SHARES)
    table = _read(path, RECORD, whole, numbers, ("origins", "level", "method", "horizon_months"))
    RECORD.refuse(path, (table[list(numbers)] < 0).any(axis=1) | (table[list(SHARES)] > 1).any(axis=1), WRONG)
    return table


def read_homes(path: Path) -> pd.DataFrame:
    """Children's homes and places at 31 March by the authority they stand in and sector: columns of HOME_COLUMNS.

    Raises RegionFileError as `read_lessons` does.
    """
    whole = ("year", "homes", "places")
    table = _read(path, HOMES, whole, (), ("year", "area_code", "sector"))
    HOMES.refuse(path, (table[list(whole)] < 0).any(axis=1), WRONG)
    return table


def _read(
    path: Path, file: PlainTable, whole: tuple[str, ...], numbers: tuple[str, ...], keys: tuple[str, ...]
) -> pd.DataFrame:
    """A table, none repeated by `keys`: some columns hold whole numbers, some numbers, the others words."""
    sheet = file.read(path)
    figures = sheet[[*whole, *numbers]].apply(pd.to_numeric, errors="coerce")
    wrong = ~np.isfinite(figures).all(axis=1) | (figures[list(whole)] % 1 != 0).any(axis=1)
    words = [name for name in file.columns if name not in figures]
    wrong |= (sheet[words] == "").any(axis=1) | sheet.duplicated(list(keys))
    file.refuse(path, wrong, WRONG)
    kinds = {name: "int64" if name in whole else "float64" for name in figures}
    return sheet.assign(**{name: figures[name].astype(kind) for name, kind in kinds.items()})
