"""Small builders for savings: a claim, a file of them, spend of a few draws, a register of what was delivered."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.money.pricing.paths import FeePool, PricePaths
from cip_analysis.projections import Projection
from cip_analysis.records import Spend
from cip_analysis.savings_settings import Claim, Savings
from cip_analysis.scenario_settings import Scenario

CLAIM = {
    "key": "first", "title": "The first claim", "programme": "A programme", "kind": "cashable",
    "children": "Children in external residential care", "counterfactual": "They stay", "start": date(2018, 4, 1),
    "levers": ("config/scenarios/step-down.toml",), "source": "invented", "owner": "nobody",
}  # fmt: skip
LINE = {
    "claim": "first", "child": "1", "start": "2018-04-01", "end": "2018-04-15",
    "from_setting": "external residential", "to_setting": "in-house foster", "weekly_saving": "700",
    "evidence": "panel minute",
}  # fmt: skip


def a_claim(**changes: object) -> Claim:
    """A claim, with `changes` to it."""
    return Claim.model_validate({**CLAIM, **changes})


def some_savings(*claims: Claim, **changes: object) -> Savings:
    """A file of these claims, in their order, with `changes` to it."""
    plain = {"title": "Savings", "source": "invented", "as_of": date(2018, 7, 6), "order_because": "it must be one"}
    order = tuple(claim.key for claim in claims)
    return Savings.model_validate({**plain, "order": order, "claims": claims, **changes})


def a_scenario(*levers: dict[str, object], name: str = "levers") -> Scenario:
    """A scenario of these levers."""
    return Scenario.model_validate(
        {"name": name, "title": name, "source": "invented", "owner": "nobody", "as_of": date(2018, 7, 6),
         "levers": levers}
    )  # fmt: skip


def some_spend(pounds: list[list[float]], year: int = 2019, setting: str = "external residential") -> Spend:
    """Spend of a draw a row and a financial year a column, from `year` on; as many child-days as £."""
    draws, years = np.indices(np.shape(pounds))
    spent = np.array(pounds, dtype="float64").ravel()
    table = pd.DataFrame(
        {"draw": draws.ravel(), "financial_year": years.ravel() + year, "setting": setting, "children": 1,
         "child_days": spent, "spend_gbp": spent}
    )  # fmt: skip
    return Spend(table.astype({"setting": "str"}), "nominal", "invented")


def flat_paths(projection: Projection, week: float = 700.0) -> PricePaths:
    """One price of a week in every setting, month and draw, every child at it."""
    level = np.full((projection.draws, len(projection.months), len(SETTINGS)), week)
    return PricePaths(projection.months, level, {name: FeePool.flat() for name in SETTINGS}, "nominal", "invented")


def write_register(folder: Path, lines: list[dict[str, str]], name: str = "register.csv") -> Path:
    """A register of savings delivered, a line each of `LINE` with its changes; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame([{**LINE, **line} for line in lines]).to_csv(folder / name, index=False)
    return folder / name
