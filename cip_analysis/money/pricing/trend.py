"""How fast prices rise in each setting, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.money.spend import price_key
from cip_analysis.settings import Judgement

RISE = "price.rise"
EIGHTY = 1.2815515655446004
"""Standard deviations from the middle of a normal curve to either end of its central 80%."""


class TrendError(ValueError):
    """A trend of prices cannot be told or judged."""


def judged_trend(assumptions: Mapping[str, Judgement]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rise a year in each setting from the assumptions alone (`price.rise-<setting>`), and a note that says so.

    The range low to high is read as one that holds the rise four times in five. Columns of TREND_COLUMNS.
    """
    keys = {setting: f"{RISE}-{price_key(setting)}" for setting in SETTINGS}
    if missing := [key for key in keys.values() if key not in assumptions]:
        raise TrendError(f"The assumptions have no {', '.join(missing)}. Add them to config/assumptions.toml.")
    judged = [assumptions[key] for key in keys.values()]
    table = pd.DataFrame(
        {
            "setting": list(keys),
            "rise_log": [float(np.log1p(one.value)) for one in judged],
            "rise_log_se": [float(np.log1p(one.high) - np.log1p(one.low)) / (2 * EIGHTY) for one in judged],
        }
    )
    return table, ("Price rises ahead are judgements (config/assumptions.toml): there are no payments to learn from.",)
