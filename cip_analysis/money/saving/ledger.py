"""One ledger of savings: what each claim saves alone, and what is left for it after those before it.

Spend is priced for the baseline, for each claim alone, and with the claims one after another, all on the same draws.
A claim's saving in the ledger is spend with the claims before it less spend with it too, so that a child-week is saved
once, and the claims sum to baseline less all of them to the penny, in every draw, year and setting. Another order
gives the claims other shares of the same total. Choices: docs/decisions/0021-savings-ledger.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.contracts import check_columns
from cip_analysis.records import Spend
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.savings_settings import Claim
from cip_analysis.scenario_settings import AnyLever, Scenario

CELLS = ["draw", "financial_year", "setting"]
LEDGER_COLUMNS = {
    "claim": "text",
    "draw": "whole",
    "financial_year": "whole",
    "setting": "text",
    "alone_pence": "whole",
    "saved_pence": "whole",
    "alone_days": "number",
    "saved_days": "number",
}
MEASURES = list(LEDGER_COLUMNS)[4:]
WHEN = {"begins", "full_by", "until", "note"}


class LedgerError(ValueError):
    """Savings cannot be taken from the spend given."""


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """What each claim saves, one row a claim, draw, financial year (ending 31 March) and setting.

    table: columns of LEDGER_COLUMNS, claims in the order of allocation. alone: were it the only claim; saved: what is
    left after those before it. Whole pence, and child-days not had; below nought, more is spent there or more days are
    had, as in the setting children go to. price_base, basis: as the spend's. left_out: claims that could not be
    played, and why. notes: every fallback.
    """

    table: pd.DataFrame
    order: tuple[str, ...]
    price_base: str
    basis: str
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    def __post_init__(self) -> None:
        check_columns(self.table, LEDGER_COLUMNS, "Ledger")
        if unknown := sorted(set(self.table["claim"].unique()) - set(self.order)):
            raise LedgerError(f"The ledger has {', '.join(unknown)}, which its order does not name.")

    def by_claim(self) -> pd.DataFrame:
        """Over all settings: claim, draw, financial_year, the measures, double_pence and double_days, what was removed.

        Double counted = alone less saved, so alone, double counted and saved add up in every draw.
        """
        keys = ["claim", "draw", "financial_year"]
        table = self.table.groupby(keys, as_index=False, sort=False)[MEASURES].sum()
        return table.assign(
            double_pence=table["alone_pence"] - table["saved_pence"],
            double_days=table["alone_days"] - table["saved_days"],
        )


def merge_levers(claims: Sequence[Claim], scenarios: Mapping[str, Sequence[Scenario]], name: str) -> Scenario:
    """One scenario of some claims' levers, each acting on the days of its claim; the same lever named twice acts once.

    scenarios: claim's key -> the scenarios it rests on. Two levers alike in all but their days and notes are the same:
    the claim that is first among `claims` has it, on its days, and nothing of it is left for another.
    """
    kept: dict[str, AnyLever] = {}
    for claim in claims:
        days = {"begins": claim.start, "full_by": claim.full_by, "until": claim.until}
        for lever in (lever for scenario in scenarios[claim.key] for lever in scenario.levers):
            kept.setdefault(lever.model_dump_json(exclude=WHEN), lever.model_copy(update=days))
    about = scenarios[claims[0].key][0] if claims and scenarios[claims[0].key] else None
    return Scenario(
        name=name,
        title=" + ".join(claim.title for claim in claims) or name,
        source="; ".join(claim.source for claim in claims) or "no claim",
        owner="; ".join(dict.fromkeys(claim.owner for claim in claims)) or "nobody",
        as_of=about.as_of if about else claims[0].start if claims else pd.Timestamp(0).date(),
        levers=tuple(kept.values()),
    )


def keep_ledger(baseline: Spend, alone: Mapping[str, Spend], running: Mapping[str, Spend]) -> Ledger:
    """The ledger from spend priced three ways on the same draws, prices and luck.

    alone: claim's key -> spend with that claim only. running: in the order of allocation, key -> spend with it and
    every claim before. Both name the same claims; none gives an empty ledger, which saves nought.
    Raises LedgerError where draws, years, settings or price bases differ, because a difference would then be luck.
    """
    if set(alone) != set(running):
        raise LedgerError("The claims priced alone are not the claims priced one after another.")
    start = _cells(baseline)
    for key, spend in [*alone.items(), *running.items()]:
        if spend.price_base != baseline.price_base or not _cells(spend).index.equals(start.index):
            raise LedgerError(f"{key} is priced over other draws, years or settings, or in other £, than the baseline.")
    parts, before = [], start
    for key, spend in running.items():
        after, by_itself = _cells(spend), _cells(alone[key])
        saved = (before - after).add_prefix("saved_")
        apart = (start - by_itself).add_prefix("alone_")
        parts.append(pd.concat([apart, saved], axis=1).reset_index().assign(claim=key))
        before = after
    table = pd.concat(parts, ignore_index=True) if parts else _no_rows()
    return Ledger(
        table[list(LEDGER_COLUMNS)].astype({"claim": "str"}), tuple(running), baseline.price_base, baseline.basis,
        synthetic=baseline.synthetic,
    )  # fmt: skip


def _cells(spend: Spend) -> pd.DataFrame:
    """Pence and days of every cell, in order of draw, year and setting."""
    table = spend.table.assign(pence=to_pence(spend.table["spend_gbp"]), days=spend.table["child_days"])
    return table.set_index(CELLS)[["pence", "days"]].sort_index()


def _no_rows() -> pd.DataFrame:
    kinds = {"text": "str", "whole": "int64", "number": "float64"}
    return pd.DataFrame({name: np.zeros(0, kinds[kind]) if kind != "text" else pd.Series(dtype="str")
                         for name, kind in LEDGER_COLUMNS.items()})  # fmt: skip
