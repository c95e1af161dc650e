"""Where every £ of the payments went: by match, by row, by rule, and against the general ledger. Nominal £ throughout.

Our choices are in docs/decisions/0007-payments-and-stays.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Literal

import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.ledgers import Treatments
from cip_analysis.money.spend import KEYS, ON_A_STAY, yearly_stays
from cip_analysis.records import PAYMENT_MATCHES, Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.returns.payments.matching import overlaps_any
from cip_analysis.returns.payments.rules import FEE_AGREES_WITHIN, FEE_AGREES_WITHIN_PENCE

KEPT_OUT = "payment kept out: "
NO_DATE = "no date"
FEWEST_LINES = 3
WHY_UNMATCHED = {
    "no identifier": "the row names no child",
    "no child": "the child is not in the returns",
    "no stay": "the child is in the returns, but not in care on any of those days",
    "other child, same stay": "days and provider are another child's unpaid stay: a re-keyed identifier?",
}


class ReconciliationError(ValueError):
    """Payments and the ledger of what was done to them do not belong together."""


# ---- by match and by row --------------------------------------------------------------------------------------


def reconcile_payments(payments: Payments, by: Literal["match", "kind"] = "match") -> pd.DataFrame:
    """Where every £ of the payments went: rows, children, £ and share, one line a kind of match (or of row).

    Columns `by`, rows, children (identifiers paid for), spend_gbp, share_of_spend. Every kind of match has its line,
    nought or not, and the lines sum to the payments' total to the penny.
    """
    table = payments.table
    lines = table.assign(pence=to_pence(table["amount_gbp"]), known=table["child"].replace("", None))
    counted = lines.groupby(by).agg(rows=("pence", "size"), children=("known", "nunique"), pence=("pence", "sum"))
    if by == "match":
        counted = counted.reindex(pd.Index(PAYMENT_MATCHES, name="match"), fill_value=0)
    total = counted["pence"].sum()
    shares = counted["pence"] / total if total else counted["pence"] * 0.0
    return counted.assign(spend_gbp=counted["pence"] / 100, share_of_spend=shares).drop(columns="pence").reset_index()


def unpaid_stays(episodes: Episodes, payments: Payments, first_year: int, last_year: int) -> pd.DataFrame:
    """Stays no payment met on any day of that financial year: a gap in the file, or care that costs nothing.

    Columns financial_year, setting, stays, children, child_days, share_of_child_days (of the setting's that year).
    """
    pieces = yearly_stays(episodes, first_year, last_year)
    unpaid = pieces[~overlaps_any(pieces, payments.table[payments.table["match"].isin(ON_A_STAY)])]
    counted = unpaid.groupby(KEYS, as_index=False).agg(
        stays=("days", "size"), children=("child", "nunique"), child_days=("days", "sum")
    )
    volume = pieces.groupby(KEYS, as_index=False).agg(all_days=("days", "sum"))
    counted = counted.merge(volume, on=KEYS).sort_values(KEYS, key=_in_order, ignore_index=True)
    return counted.assign(share_of_child_days=counted["child_days"] / counted["all_days"]).drop(columns="all_days")


def _in_order(keys: pd.Series) -> pd.Series:
    """Settings by their place in codes.SETTINGS; years as they are."""
    return keys if keys.name != "setting" else keys.map({name: place for place, name in enumerate(SETTINGS)})


def list_unmatched(payments: Payments) -> pd.DataFrame:
    """Every payment that met no stay, dearest first, so that each can be found in the file: for the analyst's screen.

    Columns file, row, financial_year, match, setting (as sent), amount_gbp, reason. A row cut at 31 March has a line a
    year. The £ add to what `price_outturn` calls not matched to a stay, to the penny. One row is one child's: on a page
    only counts and totals of these may appear, released.
    """
    paid = payments.table
    lost = paid[~paid["match"].isin(ON_A_STAY)]
    why = lost["match"].mask(lost["child"].fillna("").eq(""), "no identifier").map(WHY_UNMATCHED)
    columns = ["file", "row", "financial_year", "match", "setting", "amount_gbp", "reason"]
    listed = lost.assign(reason=why, size=lost["amount_gbp"].abs())
    return listed.sort_values(["size", "file", "row"], ascending=[False, True, True], ignore_index=True)[columns]


def list_fee_gaps(payments: Payments) -> pd.DataFrame:
    """Payments whose days × weekly fee ÷ 7 is not their amount, with contributions or without, to 5% or £10.

    Columns file, row, financial_year, days, part_week (the days are no whole number of weeks), due_gbp, amount_gbp,
    gap_gbp (amount less due, less contributions where that is nearer), widest first. For the analyst's screen.
    Rows of kind payment above nought with a fee. By hand: 10 nights at £700 a week are £1,000.
    """
    paid = payments.table
    rows = paid[paid["kind"].eq("payment") & (paid["amount_gbp"] > 0) & (paid["weekly_fee_gbp"] > 0)]
    days = (rows["end"] - rows["start"]).dt.days
    due = (days * rows["weekly_fee_gbp"] / 7).round(2)
    net = due - rows["health_gbp"] - rows["education_gbp"]
    gross_gap, net_gap = rows["amount_gbp"] - due, rows["amount_gbp"] - net
    gap = net_gap.where(net_gap.abs() <= gross_gap.abs(), gross_gap).round(2)
    wide = (gap.abs() > FEE_AGREES_WITHIN * rows["amount_gbp"]) & (gap.abs() > FEE_AGREES_WITHIN_PENCE / 100)
    listed = rows.assign(days=days, part_week=days % 7 > 0, due_gbp=due, gap_gbp=gap, width=gap.abs())[wide]
    columns = ["file", "row", "financial_year", "days", "part_week", "due_gbp", "amount_gbp", "gap_gbp"]
    return listed.sort_values(["width", "file", "row"], ascending=[False, True, True], ignore_index=True)[columns]


# ---- to the general ledger ------------------------------------------------------------------------------------


def reconcile_to_ledger(payments: Payments, treatments: Treatments, ledger_totals: Mapping[str, float]) -> pd.DataFrame:
    """The payments beside the general ledger, one row a financial year of the days paid for; £ exact to the penny.

    ledger_totals: "2017-18" -> £, as the run's settings give them. treatments: of the same payments.
    Columns financial_year, children (paid for), in_file_gbp (every sum with one reading, the year's share by days),
    kept_out_gbp (what the rules took out of it, below nought), counted_gbp (the two added, the record's total),
    matched_gbp and unmatched_gbp (its parts), ledger_gbp, difference_gbp (counted less ledger), difference_share (of
    the ledger), says. A year without a ledger total has blanks and says so. Sums whose dates could not be read are on
    a last row, "no date". Raises ReconciliationError where the rows kept out are not those the treatments tell of.
    """
    _check_kept_out(payments, treatments)
    paid, out = payments.table, payments.kept_out
    on_a_stay = paid["match"].isin(ON_A_STAY)
    counted = paid.assign(pence=to_pence(paid["amount_gbp"]), year=_label(paid["financial_year"]))
    left = out.assign(pence=to_pence(out["amount_gbp"].fillna(0)), year=_label(out["financial_year"]))
    undated = [NO_DATE] if out["financial_year"].isna().any() else []
    years = sorted({*counted["year"], *left["year"], *ledger_totals} - {NO_DATE}) + undated
    pence = pd.DataFrame(
        {
            "kept_out": -left.groupby("year")["pence"].sum(),
            "counted": counted.groupby("year")["pence"].sum(),
            "matched": counted[on_a_stay].groupby("year")["pence"].sum(),
            "unmatched": counted[~on_a_stay].groupby("year")["pence"].sum(),
        }
    ).reindex(pd.Index(years, name="financial_year", dtype="str"))  # fmt: skip
    pence = pence.fillna(0).astype("int64")
    named = counted[counted["child"].fillna("").ne("")].groupby("year")["child"].nunique()
    ledger = pd.Series(ledger_totals, dtype="float64").reindex(pence.index)
    difference = (pence["counted"] - (ledger * 100).round()) / 100
    table = pd.DataFrame(
        {
            "children": named.reindex(pence.index, fill_value=0).astype("int64"),
            "in_file_gbp": (pence["counted"] - pence["kept_out"]) / 100,
            **{f"{name}_gbp": pence[name] / 100 for name in pence},
            "ledger_gbp": ledger,
            "difference_gbp": difference,
            "difference_share": difference / ledger.where(ledger != 0),
            "says": [_say_difference(gap, year) for year, gap in difference.items()],
        }
    )
    return table.reset_index()


def _check_kept_out(payments: Payments, treatments: Treatments) -> None:
    """Refuse payments beside another file's treatments: the £ kept out must be the same in both."""
    ledger = treatments.table[treatments.table["rule"].str.startswith(KEPT_OUT)]
    told, listed = -to_pence(ledger["gbp"]).sum(), to_pence(payments.kept_out["amount_gbp"].fillna(0)).sum()
    if told != listed:
        raise ReconciliationError(
            f"The treatments keep £{told / 100:,.2f} out and the payments list £{listed / 100:,.2f}. "
            "Give the treatments that were made of these payments."
        )


def _label(years: pd.Series) -> pd.Series:
    """Financial years as the settings write them: 2018 is "2017-18", and a blank "no date"."""
    known = years.dropna().unique().tolist()
    return (
        years.map({year: f"{year - 1}-{year % 100:02d}" for year in known})
        .astype("object")
        .fillna(NO_DATE)
        .astype("str")
    )


def _say_difference(gap: float, year: object) -> str:
    if year == NO_DATE:
        return "dates that cannot be read: in no year"
    if pd.isna(gap):
        return "no ledger total given"
    if gap == 0:
        return "agrees to the penny"
    return f"£{abs(gap):,.2f} {'more' if gap > 0 else 'less'} than the ledger"


def explain_difference(payments: Payments, ledger_totals: Mapping[str, float], year: int) -> pd.DataFrame:
    """What may stand between the payments of one year and the general ledger, line by line.

    year: by its 31 March. Columns line, rows, children, effect_gbp, settles. The £ of a line are what it would make the
    payments exceed the ledger by, if the ledger treats it the other way: late payments booked when they were paid;
    accruals; what matched no stay booked elsewhere; rows kept out that the ledger holds. `settles`: the line is one of
    the fewest, three at most, that together make the difference to the penny, where just one such set exists. It is an
    arithmetical pointer, not a proof. No rows where the settings have no ledger total for the year.
    """
    label = f"{year - 1}-{year % 100:02d}"
    if label not in ledger_totals:
        return pd.DataFrame({"line": [], "rows": [], "children": [], "effect_gbp": [], "settles": []})
    lines = _candidate_lines(payments, year)
    counted = to_pence(payments.table.loc[payments.table["financial_year"].eq(year), "amount_gbp"]).sum()
    gap = int(counted) - round(ledger_totals[label] * 100)
    pence = lines["pence"].tolist()
    return lines.assign(effect_gbp=lines["pence"] / 100, settles=lines.index.isin(_settle(pence, gap))).drop(
        columns="pence"
    )


def _candidate_lines(payments: Payments, year: int) -> pd.DataFrame:
    """Line, rows, children and pence of everything a ledger commonly treats in another way; none that is nought."""
    this = payments.table[payments.table["financial_year"].eq(year)]
    before = payments.table[payments.table["financial_year"].eq(year - 1)]
    parts = [
        ("late payments for this year's days, booked in the next", this[this["kind"].eq("late payment")], 1),
        ("late payments for the year before, booked in this one", before[before["kind"].eq("late payment")], -1),
        ("accruals", this[this["kind"].eq("accrual")], 1),
        *((f"met no stay: {match}", this[this["match"].eq(match)], 1) for match in PAYMENT_MATCHES[2:]),
    ]
    out = payments.kept_out[payments.kept_out["financial_year"].eq(year).fillna(False)]
    parts += [(f"kept out: {rule}", rows, -1) for rule, rows in out.groupby("rule", sort=False)]
    table = pd.DataFrame(
        {
            "line": [line for line, _, _ in parts],
            "rows": [len(rows) for _, rows, _ in parts],
            "children": [rows["child"].replace("", None).nunique() for _, rows, _ in parts],
            "pence": [sign * int(to_pence(rows["amount_gbp"].fillna(0)).sum()) for _, rows, sign in parts],
        }
    )
    return table[table["pence"] != 0].reset_index(drop=True)


def _settle(pence: list[int], gap: int) -> tuple[int, ...]:
    """Places of the fewest sums that make the gap exactly; none where no set does, two of one size do, or no gap is."""
    for size in range(1, FEWEST_LINES + 1):
        found = [places for places in combinations(range(len(pence)), size) if sum(pence[at] for at in places) == gap]
        if gap and found:
            return found[0] if len(found) == 1 else ()
    return ()
