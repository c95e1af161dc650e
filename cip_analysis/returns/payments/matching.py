"""Payments against stays: split periods by financial year, and say of every payment whose stay it met, if any.

Our rules are in docs/decisions/0007-payments-and-stays.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from cip_analysis.records import PAYMENT_MATCHES, Episodes, Payments, Treatments
from cip_analysis.returns.payments.cells import total_gbp

Whole = npt.NDArray[np.int64]
FAR_AHEAD = pd.Timestamp(2200, 1, 1)
DAYS_A_KEY = 200_000


def financial_year(days: pd.Series) -> pd.Series:
    """The financial year each day falls in, as the year of its 31 March.

    >>> financial_year(pd.Series(pd.to_datetime(["2018-03-31", "2018-04-01"]))).tolist()
    [2018, 2019]
    """
    year: pd.Series = (days.dt.year + (days.dt.month > 3)).astype("int64")
    return year


def year_start(years: pd.Series | Whole) -> npt.NDArray[np.datetime64]:
    """1 April that opens each financial year (given as the year of its 31 March)."""
    return ((np.asarray(years) - 1971).astype("datetime64[Y]").astype("datetime64[M]") + 3).astype("datetime64[us]")


def split_by_year(periods: pd.DataFrame) -> pd.DataFrame:
    """Each period `[start, end)` cut at every 1 April within it; the parts in order, one row each.

    Every other column is repeated. Adds `financial_year`, `days` and `origin`, the position of the whole period.
    Days are conserved: a period's parts sum to its own length.
    """
    first = financial_year(periods["start"]).to_numpy()
    parts = financial_year(periods["end"] - pd.Timedelta(days=1)).to_numpy() - first + 1
    origin = np.repeat(np.arange(len(periods)), parts)
    year = first[origin] + np.arange(parts.sum()) - np.repeat(parts.cumsum() - parts, parts)
    whole = periods.iloc[origin].reset_index(drop=True)
    start = whole["start"].where(whole["start"] >= year_start(year), year_start(year))
    end = whole["end"].where(whole["end"] <= year_start(year + 1), year_start(year + 1))
    return whole.assign(start=start, end=end, financial_year=year, days=(end - start).dt.days, origin=origin)


def share_by_days(pence: pd.Series, parts: pd.DataFrame) -> pd.Series:
    """Whole pence of each period shared over its parts by days, so that the parts sum to the whole exactly.

    pence: of the whole period, on each of its parts. parts: `origin` and `days`, as `split_by_year` makes them.
    Each part takes the rounded running total less what earlier parts took.
    """
    run = parts.groupby("origin")["days"].cumsum().to_numpy()
    length = parts.groupby("origin")["days"].transform("sum").to_numpy()
    running = pd.Series((2 * pence.to_numpy("int64") * run + length) // (2 * length), index=parts.index)
    return running - running.groupby(parts["origin"]).shift(fill_value=0)


def match_payments(payments: Payments, episodes: Episodes) -> tuple[Payments, Treatments]:
    """The payments with `match` said of each, and with the setting of the stay they met.

    stay: every day of the period lies in that child's stays. part stay: some days do. other child, same stay: the
    child's unmatched payments to one provider in one year run over exactly the days of another child's stay with
    that provider (by URN) for which nobody was paid: probably a re-keyed identifier, so it is listed and left.
    no stay: the child is in the returns, but not on any of those days. no child: blank, or not in the returns.
    A stay open on the census date is taken to go on. No £ is moved, dropped or merged.
    """
    stays = _stays(episodes)
    paid = payments.table
    met = _meet(paid, stays)
    match = pd.Series("no child", index=paid.index).mask(met["known"], "no stay")
    match = match.mask(met["overlap"] > 0, "part stay").mask(met["overlap"] == met["length"], "stay")
    rekeyed = _rekeyed(paid, match, stays)
    match = match.mask(rekeyed, "other child, same stay")
    on_a_stay = match.isin(("stay", "part stay"))
    setting = paid["setting"].mask(on_a_stay, met["setting"])
    matched = paid.assign(match=match, setting=setting)
    changed = on_a_stay & (paid["setting"].fillna("") != setting.fillna(""))
    other_urn = on_a_stay & paid["provider_urn"].fillna("").ne("") & met["urn"].ne("")
    other_urn &= paid["provider_urn"].fillna("") != met["urn"]
    ledger = _match_ledger(matched, changed, other_urn)
    return replace(payments, table=matched, synthetic=payments.synthetic or episodes.synthetic), ledger


def _stays(episodes: Episodes) -> pd.DataFrame:
    """Child, start, end, setting and URN of every stay, in order; open stays go on far ahead."""
    stays = episodes.table[["child", "start", "end", "setting", "provider_urn"]]
    return stays.assign(
        end=stays["end"].fillna(FAR_AHEAD), provider_urn=stays["provider_urn"].astype("str").fillna("")
    ).reset_index(drop=True)


def _day_numbers(days: pd.Series) -> Whole:
    return days.to_numpy("datetime64[D]").astype("int64")


def _meet(paid: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """For each payment: whether the child is known, days overlapped, and the setting and URN of the stay met most.

    Stays of a child never overlap, so their starts and ends both ascend, and the stays a period meets lie between
    two binary searches on (child, day).
    """
    children = pd.Index(stays["child"].unique())
    key = children.get_indexer(stays["child"]) * DAYS_A_KEY
    who = children.get_indexer(paid["child"].fillna("").astype("str"))
    begins, ends = _day_numbers(stays["start"]), _day_numbers(stays["end"])
    start, end = _day_numbers(paid["start"]), _day_numbers(paid["end"])
    first = np.searchsorted(key + ends, who * DAYS_A_KEY + start, side="right")
    last = np.searchsorted(key + begins, who * DAYS_A_KEY + end, side="left")
    count = np.where(who >= 0, last - first, 0)
    overlap, most, best = (np.zeros(len(paid), dtype="int64") for _ in range(3))
    for step in range(int(count.max(initial=0))):
        rows = np.flatnonzero(count > step)
        stay = first[rows] + step
        days = np.minimum(end[rows], ends[stay]) - np.maximum(start[rows], begins[stay])
        overlap[rows] += days
        better = days > most[rows]
        most[rows[better]], best[rows[better]] = days[better], stay[better]
    met = stays.iloc[best] if len(stays) else stays.reindex(best)
    return pd.DataFrame(
        {
            "known": who >= 0,
            "overlap": overlap,
            "length": end - start,
            "setting": met["setting"].to_numpy(),
            "urn": met["provider_urn"].to_numpy(),
        },
        index=paid.index,
    )


def _rekeyed(paid: pd.DataFrame, match: pd.Series, stays: pd.DataFrame) -> pd.Series:
    """Unmatched payments whose days and provider are exactly another child's stay that nobody paid for."""
    lost = paid[~match.isin(("stay", "part stay")) & paid["provider_urn"].fillna("").ne("")]
    span_keys = ["child", "provider_urn", "financial_year"]
    no_one = pd.Series(False, index=paid.index)
    if lost.empty or stays.empty:
        return no_one
    lost = lost.assign(child=lost["child"].fillna(""))
    spans = lost.groupby(span_keys, as_index=False).agg(start=("start", "min"), end=("end", "max"))
    urn = stays["provider_urn"].isin(spans["provider_urn"])
    until = stays["end"].where(stays["end"] < FAR_AHEAD, paid["end"].max())
    pieces = split_by_year(stays.assign(end=until)[urn & (until > stays["start"])])
    unpaid = pieces[~overlaps_any(pieces, paid[match.isin(("stay", "part stay"))])]
    keys = ["provider_urn", "financial_year", "start", "end"]
    met = spans.merge(unpaid[[*keys, "child"]], on=keys, suffixes=("", "_of_stay"))
    met = met[met["child"] != met["child_of_stay"]].drop_duplicates(span_keys)
    listed = pd.MultiIndex.from_frame(lost[span_keys]).isin(pd.MultiIndex.from_frame(met[span_keys]))
    return no_one.mask(no_one.index.isin(lost.index[listed]), True)


def overlaps_any(pieces: pd.DataFrame, paid: pd.DataFrame) -> pd.Series:
    """Whether any payment for the same child meets each piece of a stay."""
    children = pd.Index(pieces["child"].unique())
    who = children.get_indexer(paid["child"])
    start, end = _day_numbers(paid["start"]), _day_numbers(paid["end"])
    key = who[who >= 0] * DAYS_A_KEY
    begun = np.sort(key + start[who >= 0])
    ended = np.sort(key + end[who >= 0])
    own = children.get_indexer(pieces["child"]) * DAYS_A_KEY
    starts_before = np.searchsorted(begun, own + _day_numbers(pieces["end"]), side="left")
    ends_before = np.searchsorted(ended, own + _day_numbers(pieces["start"]), side="right")
    return pd.Series(starts_before > ends_before, index=pieces.index)


def _match_ledger(matched: pd.DataFrame, changed: pd.Series, other_urn: pd.Series) -> Treatments:
    """What matching did, a line each: settings taken from stays, then every kind of match but the whole stay."""
    why = {
        "part stay": "part of the period is outside the child's stays; kept whole, under the stay it meets most",
        "other child, same stay": "days and provider are another child's unpaid stay; listed, not merged",
        "no stay": "the child is in the returns, but not in care on those days; kept as its own line",
        "no child": "no such child in the returns; kept as its own line",
    }
    noted = {
        "payment's setting taken from the stay": (changed, "the return says where the child lived"),
        "payment's provider is not the stay's": (other_urn, "matched on the child's dates; URNs differ; not altered"),
        **{f"payment matched: {name}": (matched["match"].eq(name), why[name]) for name in PAYMENT_MATCHES[1:]},
    }
    days = float((matched["end"] - matched["start"]).dt.days.sum())
    lines: list[dict[str, object]] = [
        {
            "rule": rule,
            "rows_seen": len(matched),
            "rows_changed": int(rows.sum()),
            "children": int(matched.loc[rows, "child"].nunique()),
            "child_days_before": days,
            "child_days_after": days,
            "gbp": total_gbp(matched.loc[rows, "amount_gbp"]),
            "why": reason,
        }
        for rule, (rows, reason) in noted.items()
    ]
    return Treatments.of(lines)
