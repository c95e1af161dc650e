"""Payments against stays: split periods by financial year, and say of every payment whose stay it met, if any.

Our rules are in docs/decisions/0007-payments-and-stays.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from cip_analysis.ledgers import Treatments
from cip_analysis.records import PAYMENT_MATCHES, Episodes, Payments
from cip_analysis.returns.payments.cells import total_gbp

Whole = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
FAR_AHEAD = pd.Timestamp(2200, 1, 1)
DAYS_A_KEY = 200_000
PREFERRED = 1_000_000
RUNS_ON_DAYS = 61


def financial_year(days: pd.Series) -> pd.Series:
    """The financial year each day falls in, as the year of its 31 March.

    >>> financial_year(pd.Series(pd.to_datetime(["2018-03-31", "2018-04-01"]))).tolist()
    [2018, 2019]
    """
    year: pd.Series = (days.dt.year + (days.dt.month > 3)).astype("int64")
    return year


def year_start(years: pd.Series | Whole) -> npt.NDArray[np.datetime64]:
    """1 April that opens each financial year (given as the year of its 31 March)."""
    return ((np.asarray(years) - 1971).astype("datetime64[Y]").astype("datetime64[M]") + np.timedelta64(3, "M")).astype(
        "datetime64[us]"
    )


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

    stay: every day of the period lies in that child's stays. part stay: some days do, or all lie within 61 days after
    the end of a stay that agrees better in provider and setting, as overruns and their credit notes do. other child,
    same stay: the child's unmatched payments to one provider in one year run over exactly the days of another child's
    stay with that provider (by URN) for which nobody was paid: probably a re-keyed identifier, so it is listed and
    left. no stay: the child is in the returns, but not on any of those days. no child: blank, or not in the returns.
    A stay open on the census date is taken to go on. No £ is moved, dropped or merged.
    """
    stays = _stays(episodes)
    paid = payments.table
    met = _meet(paid, stays)
    match = pd.Series("no child", index=paid.index).mask(met["known"], "no stay")
    match = match.mask(met["some"], "part stay").mask(met["whole"], "stay")
    rekeyed = _rekeyed(paid, match, stays)
    match = match.mask(rekeyed, "other child, same stay")
    on_a_stay = match.isin(("stay", "part stay"))
    setting = paid["setting"].mask(on_a_stay, met["setting"])
    matched = paid.assign(match=match, setting=setting)
    changed = on_a_stay & (paid["setting"].fillna("") != setting.fillna(""))
    other_urn = on_a_stay & paid["provider_urn"].fillna("").ne("") & met["urn"].ne("")
    other_urn &= paid["provider_urn"].fillna("") != met["urn"]
    noted = {
        "payment's setting taken from the stay": (changed, "the return says where the child lived"),
        "payment's provider is not the stay's": (other_urn, "matched on the child's dates; URNs differ; not altered"),
        "payment runs on from a stay": (
            met["ran_on"],
            "within 61 days of that stay's end, and agrees with it better; put to its setting",
        ),
    }
    ledger = _match_ledger(matched, noted)
    return replace(payments, table=matched, synthetic=payments.synthetic or episodes.synthetic), ledger


def _stays(episodes: Episodes) -> pd.DataFrame:
    """Child, start, end, setting and URN of every stay, in order; open stays go on far ahead."""
    stays = episodes.table[["child", "start", "end", "setting", "provider_urn"]]
    return stays.assign(
        end=stays["end"].fillna(FAR_AHEAD), provider_urn=stays["provider_urn"].astype("str").fillna("")
    ).reset_index(drop=True)


def day_numbers(days: pd.Series) -> Whole:
    """Days counted from 1 January 1970, as whole numbers."""
    return days.to_numpy("datetime64[D]").astype("int64")


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Payments beside the stays they may meet, as whole numbers.

    who: the child's place among the children of the stays, -1 where unknown. start, end: of each payment.
    first, count: the payment meets stays first .. first + count - 1. child, begins, ends: of each stay.
    urn, setting: of each payment; urns, settings: of each stay.
    """

    who: Whole
    start: Whole
    end: Whole
    first: Whole
    count: Whole
    child: Whole
    begins: Whole
    ends: Whole
    urn: Texts
    urns: Texts
    setting: Texts
    settings: Texts

    def agreement(self, rows: Whole, stay: Whole) -> Whole:
        """One point for each payment that names the stay's provider, one for its setting; none where URNs clash."""
        both_known = (self.urn[rows] != "") & (self.urns[stay] != "")
        same_urn = both_known & (self.urn[rows] == self.urns[stay])
        points = same_urn.astype("int64") + (self.setting[rows] == self.settings[stay])
        return np.where(both_known & ~same_urn, 0, points).astype("int64")


def _candidates(paid: pd.DataFrame, stays: pd.DataFrame) -> _Candidates:
    """Which stays each payment meets: a child's never overlap, so two binary searches on (child, day) bound them."""
    children = pd.Index(stays["child"].unique())
    child = children.get_indexer(stays["child"]).astype("int64")
    who = children.get_indexer(paid["child"].fillna("").astype("str")).astype("int64")
    begins, ends = day_numbers(stays["start"]), day_numbers(stays["end"])
    start, end = day_numbers(paid["start"]), day_numbers(paid["end"])
    first = np.searchsorted(child * DAYS_A_KEY + ends, who * DAYS_A_KEY + start, side="right")
    last = np.searchsorted(child * DAYS_A_KEY + begins, who * DAYS_A_KEY + end, side="left")
    return _Candidates(
        who=who, start=start, end=end, first=first, count=np.where(who >= 0, last - first, 0), child=child,
        begins=begins, ends=ends,
        urn=paid["provider_urn"].fillna("").to_numpy(dtype=object), urns=stays["provider_urn"].to_numpy(dtype=object),
        setting=paid["setting"].fillna("").to_numpy(dtype=object), settings=stays["setting"].to_numpy(dtype=object),
    )  # fmt: skip


def _meet(paid: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """For each payment: whether the child is known, days overlapped, and the setting and URN of the stay it is put to.

    That is, of the stays met, the one that agrees with the payment most, then the one met on most days; or the stay
    it runs on from, where that agrees more than any met.
    """
    candidates = _candidates(paid, stays)
    overlap, most, best = (np.zeros(len(paid), dtype="int64") for _ in range(3))
    for step in range(int(candidates.count.max(initial=0))):
        rows = np.flatnonzero(candidates.count > step)
        stay = candidates.first[rows] + step
        until = np.minimum(candidates.end[rows], candidates.ends[stay])
        days = until - np.maximum(candidates.start[rows], candidates.begins[stay])
        overlap[rows] += days
        score = days + PREFERRED * candidates.agreement(rows, stay)
        better = score > most[rows]
        most[rows[better]], best[rows[better]] = score[better], stay[better]
    rows, before = _runs_on(candidates, most // PREFERRED)
    best[rows] = before
    ran_on = np.isin(np.arange(len(paid)), rows)
    met = stays.iloc[best] if len(stays) else stays.reindex(best)
    return pd.DataFrame(
        {
            "known": candidates.who >= 0,
            "some": (overlap > 0) | ran_on,
            "whole": (overlap == candidates.end - candidates.start) & ~ran_on,
            "ran_on": ran_on,
            "setting": met["setting"].to_numpy(),
            "urn": met["provider_urn"].to_numpy(),
        },
        index=paid.index,
    )


def _runs_on(candidates: _Candidates, agreement: Whole) -> tuple[Whole, Whole]:
    """Payments wholly soon after the end of a stay they agree with more than with those they meet; and that stay."""
    rows = np.flatnonzero((candidates.who >= 0) & (candidates.first > 0))
    before = candidates.first[rows] - 1
    ended = candidates.ends[before]
    follows = (candidates.child[before] == candidates.who[rows]) & (candidates.start[rows] >= ended)
    follows &= candidates.end[rows] - ended <= RUNS_ON_DAYS
    follows &= candidates.agreement(rows, before) > agreement[rows]
    return rows[follows], before[follows]


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
    start, end = day_numbers(paid["start"]), day_numbers(paid["end"])
    key = who[who >= 0] * DAYS_A_KEY
    begun = np.sort(key + start[who >= 0])
    ended = np.sort(key + end[who >= 0])
    own = children.get_indexer(pieces["child"]) * DAYS_A_KEY
    starts_before = np.searchsorted(begun, own + day_numbers(pieces["end"]), side="left")
    ends_before = np.searchsorted(ended, own + day_numbers(pieces["start"]), side="right")
    return pd.Series(starts_before > ends_before, index=pieces.index)


def _match_ledger(matched: pd.DataFrame, noted: Mapping[str, tuple[pd.Series, str]]) -> Treatments:
    """What matching did, a line each: what was noted on the way, then every kind of match but the whole stay."""
    why = {
        "part stay": "part of the period is outside the child's stays; kept whole, under one of them",
        "other child, same stay": "days and provider are another child's unpaid stay; listed, not merged",
        "no stay": "the child is in the returns, but not in care on those days; kept as its own line",
        "no child": "no such child in the returns; kept as its own line",
    }
    matches = {f"payment matched: {name}": (matched["match"].eq(name), why[name]) for name in PAYMENT_MATCHES[1:]}
    days = float((matched["end"] - matched["start"]).dt.days.sum())
    lines: list[dict[str, object]] = [
        {
            "rule": rule,
            "rows_seen": len(matched),
            "rows_changed": int(rows.sum()),
            "children": int(matched.loc[rows, "child"].replace("", None).nunique()),
            "child_days_before": days,
            "child_days_after": days,
            "gbp": total_gbp(matched.loc[rows, "amount_gbp"]),
            "why": reason,
        }
        for rule, (rows, reason) in {**noted, **matches}.items()
    ]
    return Treatments.of(lines)
