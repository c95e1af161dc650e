"""How often comparisons with other councils were right, in trials on every authority: a small table kept here."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

TRIAL_COLUMNS = (
    "others", "way", "planted_share", "level_share", "n", "called_share", "mean_found_share", "held_share",
)  # fmt: skip


class ComparisonFileError(ValueError):
    """A file is not the table of trials of comparisons."""


def read_comparison_trials(path: Path) -> pd.DataFrame:
    """A row a set of others, way, planted fall and level of the test; none where there is no file.

    Columns TRIAL_COLUMNS. Raises ComparisonFileError naming the columns that are missing.
    """
    if not path.is_file():
        return pd.DataFrame(columns=list(TRIAL_COLUMNS))
    sheet = pd.read_csv(path)
    if missing := [name for name in TRIAL_COLUMNS if name not in sheet]:
        raise ComparisonFileError(
            f"{path.name}: no column {', '.join(missing)}. Write it again with benchmarks/comparison_accuracy.py."
        )
    return sheet[list(TRIAL_COLUMNS)].astype({"others": "str", "way": "str"})
