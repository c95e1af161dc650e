"""How right evaluations have been on invented counties: read the small table that stands in for the trials."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.returns.reading.plain_tables import PlainTable

SCORE_COLUMNS = {"county": "text", "method": "text", "design": "text", "planted_share": "number", "series": "whole",
                 "called_share": "share", "mean_found_share": "number", "held_share": "share",
                 "predicted_share": "share?"}  # fmt: skip
REFRESH = "Write it again with `python benchmarks/evaluation_accuracy.py` (data/reference/README.md)."


class EvaluationFileError(ValueError):
    """A file is not a table of how right evaluations have been."""


TRIALS = PlainTable(EvaluationFileError, tuple(SCORE_COLUMNS), REFRESH)


def read_trials(path: Path) -> pd.DataFrame:
    """Trials of evaluations, one row a county, method, design and effect put in: columns of SCORE_COLUMNS.

    planted_share, mean_found_share: changes of weeks, below nought for fewer. called_share: of series in which an
    effect was called; held_share: of those whose interval held what was put in; predicted_share: called_share as the
    months before foretold it, blank where nothing did.
    Raises EvaluationFileError saying what the file is instead, or which rows are wrong, and what to do.
    """
    sheet = TRIALS.read(path)
    numbers = [name for name, kind in SCORE_COLUMNS.items() if kind != "text"]
    read = sheet.assign(**{name: pd.to_numeric(sheet[name], errors="coerce") for name in numbers})
    needed = [name for name in numbers if not SCORE_COLUMNS[name].endswith("?")]
    wrong = pd.Series(~np.isfinite(read[needed].to_numpy("float64")).all(axis=1), index=read.index)
    for name in [name for name, kind in SCORE_COLUMNS.items() if kind.startswith("share")]:
        wrong |= read[name].notna() & ~read[name].between(0, 1)
    TRIALS.refuse(path, wrong, "hold no score that can be")
    return read.astype({"series": "int64"})
