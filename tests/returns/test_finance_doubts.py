"""Doubts about payments: each found where it is, with its £, left as sent, and not found where it is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from money_builders import a_payment, a_sent_payment, make_payments, read_sent

from cip_analysis.money.reconciliation import list_fee_gaps
from cip_analysis.returns.finance import match_payments
from cip_analysis.returns.payments.against_stays import check_against_stays
from cip_analysis.returns.payments.cells import total_gbp

JUNE = {"period_start": "01/06/2017", "period_end": "30/06/2017", "amount": "3000.00"}  # 30 nights at £700 a week
LATER = {"period_start": "21/06/2017", "period_end": "10/07/2017", "amount": "2000.00"}  # ten of its nights are June's
ONE, TWO = "overlapping fees, one provider", "overlapping fees, two providers"
OTHER = {"provider_urn": "SC002", "provider_name": "Invented Provider 02"}
CREDIT = {**LATER, "period_end": "30/06/2017", "amount": "-1000.00", "row_type": "credit note"}
ACCRUAL = {**JUNE, "row_type": "accrual", "weekly_fee": ""}


def found(tmp_path, *rows):
    """Rule -> (rows, £ as written) of every finding on the rows sent; the total must be what was sent."""
    payments, findings, _ = read_sent(tmp_path, [a_sent_payment(**row) for row in rows])
    sent = sum(float(a_sent_payment(**row)["amount"]) for row in rows)
    assert total_gbp(payments.table["amount_gbp"]) == round(sent, 2), "a doubt moved money"
    told = findings.table.assign(gbp=findings.table["meaning"].str.extract(r"\((-?£[\d,.]+)\)$")[0])
    return {line["rule"]: (line["rows"], line["gbp"]) for line in told.to_dict("records")}


@pytest.mark.parametrize(
    ("rows", "rule", "expected"),
    [
        ([JUNE, LATER], ONE, (1, "£1,000.00")),
        ([LATER, JUNE], ONE, (1, "£1,000.00")),
        ([JUNE, {**LATER, **OTHER}], TWO, (1, "£1,000.00")),
        ([JUNE, {**LATER, "provider_urn": "", "provider_name": ""}], ONE, (1, "£1,000.00")),
        ([JUNE, {**JUNE, "row_type": "late payment"}], ONE, (1, "£3,000.00")),
        ([JUNE, {**LATER, **OTHER}, {**CREDIT, "amount": "-400.00"}], TWO, (1, "£600.00")),
        ([{"weekly_fee": "70000", **JUNE}], "fee typed in pence", (1, "£3,000.00")),
        ([{**JUNE, "amount": "300000.00"}], "amount typed in pence", (1, "£297,000.00")),
        ([{**JUNE, "weekly_fee": "295000", "amount": "1264285.71"}, {**LATER, "amount": "8428.57"}],
         "amount typed in pence", (1, "£1,251,642.85")),
        ([{**JUNE, "health_contribution": "3500", "amount": "100.00"}], "contributions above the fee", (1, "£500.00")),
        ([ACCRUAL], "accrual", (1, "£3,000.00")),
        ([ACCRUAL, {**ACCRUAL, "amount": "-3000.00"}], "accrual", (2, "£0.00")),
        ([ACCRUAL, JUNE], "accrual beside its invoice", (1, "£3,000.00")),
        ([ACCRUAL, {**ACCRUAL, "row_type": "accrued"}, {**ACCRUAL, "amount": "-3000.00"}, JUNE],
         "accrual beside its invoice", (1, "£3,000.00")),
        ([{**ACCRUAL, "amount": "-3000.00"}], "reversal without its accrual", (1, "-£3,000.00")),
        ([JUNE, {**CREDIT, "amount": "-3200.00"}], "credited more than paid", (1, "-£200.00")),
        ([CREDIT, CREDIT | {"period_end": "29/06/2017"}], "credited more than paid", (2, "-£2,000.00")),
        ([{**JUNE, "placement_type": "Res (OOC)"}], "unknown setting", (1, "£3,000.00")),
    ],
)  # fmt: skip
def test_a_doubt_is_found_with_its_pounds_and_the_rows_are_left_as_sent(tmp_path, rows, rule, expected):
    assert found(tmp_path, *rows)[rule] == expected


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        ([JUNE, {**LATER, "period_start": "01/07/2017"}], {ONE, TWO}),
        ([JUNE, {**LATER, "child_id": "2"}], {ONE, TWO}),
        ([{**JUNE, "child_id": ""}, {**LATER, "child_id": ""}], {ONE, TWO}),
        ([JUNE, {**JUNE, "row_type": "additional support", "amount": "500"}], {ONE, TWO}),
        ([JUNE, {**LATER, **OTHER}, CREDIT], {ONE, TWO}),
        ([JUNE, {**LATER, **OTHER}, {**CREDIT, **OTHER}], {ONE, TWO}),
        ([ACCRUAL, {**ACCRUAL, "amount": "-3000.00"}, JUNE], {"accrual beside its invoice"}),
        ([ACCRUAL, {**JUNE, "child_id": "2"}], {"accrual beside its invoice"}),
        ([ACCRUAL, {**JUNE, "period_start": "01/07/2017", "period_end": "30/07/2017"}], {"accrual beside its invoice"}),
        ([ACCRUAL, {**ACCRUAL, "amount": "-3000.00", "row_type": "journal"}], {"reversal without its accrual"}),
        ([JUNE, CREDIT], {"credited more than paid"}),
        ([{**JUNE, "amount": "5000.00"}], {"amount typed in pence", "fee typed in pence"}),
        ([{**JUNE, "weekly_fee": "", "amount": "20000"}, {**LATER, "weekly_fee": "", "amount": "2000"}],
         {"amount typed in pence"}),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_doubt_is_not_listed(tmp_path, rows, rules):
    assert not rules & set(found(tmp_path, *rows))


def test_a_credit_note_of_a_stranger_to_both_providers_clears_no_overlap(tmp_path):
    stranger = {**CREDIT, "provider_urn": "SC003", "provider_name": "Invented Provider 03"}
    assert found(tmp_path, JUNE, {**LATER, **OTHER}, stranger)[TWO] == (1, "£1,000.00")


@pytest.mark.parametrize("seed", range(4))
def test_nights_reached_over_agree_with_counting_them_one_by_one(tmp_path, seed):
    chance = np.random.default_rng(seed)
    rows, expected, reached = [], 0, {}
    periods = sorted(
        (str(chance.integers(1, 6)), int(start), int(chance.integers(1, 40))) for start in chance.integers(0, 330, 60)
    )
    for number, (child, start, length) in enumerate(periods):
        days = [pd.Timestamp("2017-04-01") + pd.Timedelta(days=day) for day in (start, start + length - 1)]
        kind = {"provider_urn": "SC001", "platform": str(number), "weekly_fee": ""}
        dates = dict(zip(("period_start", "period_end"), (f"{day:%d/%m/%Y}" for day in days), strict=True))
        rows.append({"child_id": child, **kind, **dates, "amount": f"{length * 100}.00"})
        taken = reached.setdefault(child, set())
        expected += 100 * len(taken & set(range(start, start + length)))
        taken |= set(range(start, start + length))
    unique = {tuple(sorted(row.items())): row for row in rows}
    if len(unique) == len(rows):
        told = found(tmp_path, *({name: value for name, value in row.items() if name != "platform"} for row in rows))
        assert told.get(ONE, (0, "£0.00"))[1] == f"£{expected:,.2f}"


# ---- part weeks -----------------------------------------------------------------------------------------------


def test_days_times_fee_over_seven_agrees_with_amounts_on_part_weeks_and_those_that_do_not_are_listed(tmp_path):
    rows = [
        a_sent_payment(child_id=str(nights), weekly_fee="2950.00", amount=f"{nights * 2950 / 7:.2f}",
                       period_start="01/06/2017", period_end=f"{nights:02d}/06/2017")
        for nights in range(1, 31)
    ]  # fmt: skip
    assert list_fee_gaps(read_sent(tmp_path, rows)[0]).empty
    rows[9] |= {"amount": "5900.00"}  # ten nights billed as two whole weeks
    rows[13] |= {"amount": "6400.00"}  # two weeks billed at £3,200
    listed = list_fee_gaps(read_sent(tmp_path, rows)[0])
    assert listed[["row", "days", "part_week"]].to_numpy().tolist() == [[11, 10, True], [15, 14, False]]
    assert listed["gap_gbp"].tolist() == [round(5900 - 10 * 2950 / 7, 2), 500.0]


# ---- against the child ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "start", "end", "rule", "gbp"),
    [
        ("2017-06-11", "2017-06-01", "2017-07-01", "paid before birth", "£1,000.00"),
        ("2018-01-01", "2017-06-01", "2017-07-01", "paid before birth", "£3,000.00"),
        ("2017-06-01", "2017-06-01", "2017-07-01", None, ""),
        ("1999-04-11", "2017-06-01", "2017-07-01", "paid after the 18th birthday", "£2,000.00"),  # 61 days: 11 June
        ("1999-05-01", "2017-06-01", "2017-07-01", None, ""),
        ("2000-02-29", "2018-04-01", "2018-05-02", "paid after the 18th birthday", "£96.77"),  # 1 March + 61: 1 May
    ],
)
def test_nights_before_birth_or_long_after_18_are_found_by_days(born, start, end, rule, gbp):
    episodes = make_episodes([a_placement(start="2017-06-01", birth_date=born)], census="2018-12-31")
    payments, _ = match_payments(make_payments([a_payment(start=start, end=end, amount_gbp=3000.0)]), episodes)
    told = check_against_stays(payments, episodes).table
    assert told["rule"].tolist() == ([rule] if rule else [])
    assert not rule or told["meaning"].iloc[0].endswith(f"({gbp})")


def test_a_child_without_a_birth_date_or_unknown_to_the_return_is_not_judged():
    episodes = make_episodes([a_placement(birth_date=None)])
    payments = make_payments([a_payment(), a_payment(child="99"), a_payment(child="")])
    assert check_against_stays(payments, episodes).table.empty


# ---- hostile files --------------------------------------------------------------------------------------------

CELLS = [
    "£2,950.00",
    "2950 p/w",
    "(1,200)",
    "=SUM(K2:K9)",
    "#REF!",
    "TOTAL",
    "-",
    "£",
    "1,2,3",
    "9" * 40,
    "½",
    "٣",
    " ",
]


@pytest.mark.parametrize("column", sorted(a_sent_payment()))
def test_any_hostile_cell_is_read_or_listed_and_the_identity_holds(tmp_path, column):
    rows = [a_sent_payment(child_id="77")] + [a_sent_payment(**{column: cell}) for cell in CELLS]
    payments, findings, treatments = read_sent(tmp_path, rows)
    gone = treatments.table.loc[treatments.table["rule"].str.startswith("payment kept out"), "gbp"].sum()
    assert round(gone + payments.kept_out["amount_gbp"].sum(), 2) == 0
    assert len(set(payments.table["row"]) | set(payments.kept_out["row"])) == len(rows)
    assert not set(payments.table["row"]) & set(payments.kept_out["row"])
    assert "77" not in findings.table["meaning"].str.cat()
