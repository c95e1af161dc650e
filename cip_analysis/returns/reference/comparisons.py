"""How often comparisons with other councils were right, in trials on every authority: a small table kept here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.returns.reading.plain_tables import PlainTable

TRIAL_COLUMNS = (
    "others", "way", "planted_share", "level_share", "n", "called_share", "mean_found_share", "held_share",
)  # fmt: skip


class ComparisonFileError(ValueError):
    """A file is not the table of trials of comparisons."""


MOST_TRIALS = 1_000_000_000
WORDS, NUMBERS = TRIAL_COLUMNS[:2], TRIAL_COLUMNS[2:]
REFRESH = "Write it again with benchmarks/comparison_accuracy.py."
TRIALS = PlainTable(ComparisonFileError, TRIAL_COLUMNS, REFRESH)


def read_comparison_trials(path: Path) -> pd.DataFrame:
    """A row a set of others, way, planted fall and level of the test; none where there is no file.

    Columns TRIAL_COLUMNS. Raises ComparisonFileError saying what the file is instead, or which rows are wrong.
    """
    if not path.is_file():
        return pd.DataFrame(columns=list(TRIAL_COLUMNS))
    sheet = TRIALS.read(path)
    numbers = sheet[list(NUMBERS)].apply(pd.to_numeric, errors="coerce")
    whole = numbers["n"].mod(1).eq(0) & numbers["n"].between(1, MOST_TRIALS)
    wrong = ~np.isfinite(numbers).all(axis=1) | ~whole | (sheet[list(WORDS)] == "").any(axis=1)
    TRIALS.refuse(path, wrong, "hold no score that can be")
    return sheet.assign(**numbers.astype("float64")).astype({"n": "int64"})
