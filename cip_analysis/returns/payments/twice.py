"""Nights that look paid for twice: by rows that overlap, or by an accrual and the invoice it stood for.

Each function gives, by rule, the pence in doubt on each row of payments, blank on rows it does not touch. Nothing is
altered. Our choices are in docs/decisions/0007-payments-and-stays.md.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.returns.payments.matching import DAYS_A_KEY, day_numbers, overlaps_any
from cip_analysis.returns.payments.rules import FEE_AGREES_WITHIN

FOR_NIGHTS = ("payment", "late payment")
REVERSING = ("accrual", "adjustment", "credit note")


def doubt_overlaps(kept: pd.DataFrame) -> dict[str, pd.Series]:
    """Pence that a row paid for nights which an earlier row of the same child reaches over, by provider.

    Rows of kind payment and late payment count, above nought and with an end; support billed beside a fee does not.
    A night is left out where credit notes of either provider return what the cheaper row paid for it, to 5%.
    """
    counted = kept["kind"].isin(FOR_NIGHTS) & kept["child"].ne("") & (kept["amount_pence"] > 0) & ~kept["no_end"]
    later = _reached_over(kept[counted])
    returned = _returned(later, kept[kept["kind"].eq("credit note") & kept["child"].ne("")])
    cheaper = later[["daily", "other_daily"]].min(axis=1) * later["nights"]
    left = later[returned < (1 - FEE_AGREES_WITHIN) * cheaper]
    pence = (left["daily"] * left["nights"] - returned[left.index]).clip(lower=0).round().reindex(kept.index)
    clash = _clash(left, _named(left, "other_urn", "other_provider")).reindex(kept.index, fill_value=False)
    return {
        "overlapping fees, one provider": pence.mask(clash),
        "overlapping fees, two providers": pence.where(clash),
    }


def _reached_over(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that start before an earlier row of the same child has ended, with the nights shared and that row.

    Of the earlier rows, the one that ends last: as it started no later, every night up to its end is in both.
    Adds nights, until (the last shared night's end), daily and other_daily (pence a day), other_urn, other_provider.
    """
    start, end = day_numbers(rows["start"]), day_numbers(rows["end"])
    own = pd.factorize(rows["child"])[0].astype("int64") * DAYS_A_KEY
    order = np.lexsort((end, start, own))
    reach = np.maximum.accumulate((own + end)[order])
    place = np.arange(len(order))
    holder = np.maximum.accumulate(np.where((own + end)[order] == reach, place, 0))
    before = np.roll(reach, 1) if len(reach) else reach
    before[:1] = 0
    nights = np.minimum(before, (own + end)[order]) - (own + start)[order]
    found = np.flatnonzero(nights > 0)
    later, earlier = rows.iloc[order[found]], rows.iloc[order[holder[found - 1]]]
    length = (later["end"] - later["start"]).dt.days
    other_length = (earlier["end"] - earlier["start"]).dt.days
    return later.assign(
        nights=nights[found],
        until=later["start"] + pd.to_timedelta(nights[found], unit="D"),
        daily=later["amount_pence"] / length,
        other_daily=(earlier["amount_pence"] / other_length).to_numpy(),
        other_urn=earlier["provider_urn"].to_numpy(),
        other_provider=earlier["provider"].to_numpy(),
    )


def _returned(later: pd.DataFrame, credits: pd.DataFrame) -> pd.Series:
    """Pence that credit notes of either provider return for the nights shared, above nought."""
    columns = ["child", "start", "end", "provider_urn", "provider", "amount_pence"]
    pairs = later.assign(place=later.index).merge(credits[columns], on="child", suffixes=("", "_credit"))
    until = pairs["until"].where(pairs["until"] <= pairs["end_credit"], pairs["end_credit"])
    since = pairs["start"].where(pairs["start"] >= pairs["start_credit"], pairs["start_credit"])
    days = (until - since).dt.days.clip(lower=0)
    length = (pairs["end_credit"] - pairs["start_credit"]).dt.days
    theirs = _named(pairs, "provider_urn_credit", "provider_credit")
    others = _named(pairs, "other_urn", "other_provider")
    either = ~_clash(pairs, theirs) | ~_clash(others, theirs)
    pence = (-pairs["amount_pence_credit"] * days / length).where(either, 0.0)
    return pence.groupby(pairs["place"]).sum().reindex(later.index, fill_value=0.0)


def _named(rows: pd.DataFrame, urn: str, name: str) -> pd.DataFrame:
    """The provider of each row under our names, from the columns given."""
    return rows[[urn, name]].set_axis(["provider_urn", "provider"], axis=1)


def _clash(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """Whether two rows name different providers: by URN where both have one, otherwise by name where both have one."""
    by_urn = one["provider_urn"].ne("") & other["provider_urn"].ne("")
    by_name = one["provider"].ne("") & other["provider"].ne("")
    named = by_name & (one["provider"].str.casefold() != other["provider"].str.casefold())
    clash: pd.Series = (by_urn & (one["provider_urn"] != other["provider_urn"])) | (~by_urn & named)
    return clash


def doubt_accruals(kept: pd.DataFrame) -> dict[str, pd.Series]:
    """Pence of accruals, of those whose invoice is there too, and of reversals of accruals that are not there.

    An accrual is reversed by a row below nought, of the same child and the same pence, that is an accrual, an
    adjustment or a credit note; each reverses one.
    """
    pence = kept["amount_pence"]
    is_accrual = kept["kind"].eq("accrual")
    raised, reversing = is_accrual & (pence > 0), kept["kind"].isin(REVERSING) & (pence < 0)
    rank = {name: _rank(kept[rows]) for name, rows in (("raised", raised), ("reversing", reversing))}
    met = rank["raised"].index.intersection(rank["reversing"].index)
    standing = raised & kept.index.isin(rank["raised"].drop(met))
    lost = is_accrual & (pence < 0) & kept.index.isin(rank["reversing"].drop(met))
    invoices = kept[kept["kind"].isin(FOR_NIGHTS) & (pence > 0) & kept["child"].ne("")]
    rows = kept[standing & kept["child"].ne("")]
    beside = overlaps_any(rows, invoices).reindex(kept.index, fill_value=False)
    return {
        "accrual": pence.where(is_accrual),
        "accrual beside its invoice": pence.where(beside),
        "reversal without its accrual": pence.where(lost),
    }


def _rank(rows: pd.DataFrame) -> pd.Series:
    """Each row's index, under its child, its pence without a sign, and its place among the child's rows of that sum."""
    keyed = rows[["child"]].assign(pence=rows["amount_pence"].abs(), place=rows.index)
    ordered = keyed.iloc[np.argsort(day_numbers(rows["start"]), kind="stable")]
    nth = ordered.groupby(["child", "pence"]).cumcount()
    return ordered.assign(nth=nth).set_index(["child", "pence", "nth"])["place"]
