"""Where every £ went: identities to the penny from the file to the general ledger, and each line named."""

from __future__ import annotations

import pandas as pd
import pytest
from builders import ROOT, a_placement, make_episodes
from hypothesis import given, settings
from hypothesis import strategies as st
from money_builders import a_payment, a_sent_payment, make_payments, read_sent

from cip_analysis.ledgers import Treatments
from cip_analysis.money.reconciliation import (
    ReconciliationError,
    explain_difference,
    list_fee_gaps,
    list_unmatched,
    reconcile_payments,
    reconcile_to_ledger,
)
from cip_analysis.money.spend import UNMATCHED, price_outturn, unit_costs
from cip_analysis.records import Payments
from cip_analysis.returns.finance import match_payments, read_payments
from cip_analysis.returns.payments.cells import to_pence, total_gbp
from cip_analysis.returns.payments.files import open_payment_files
from cip_analysis.settings import PaymentColumns, Run, read_settings

HOME = "external residential"
COUNTY = ROOT / "data" / "synthetic" / "leicestershire"
NOTHING = Treatments.of([])


def a_home(**changes):
    return a_placement(**{"setting": HOME, "provider_urn": "SC001", "start": "2017-04-01", **changes})


def ledger(payments, totals, treatments=NOTHING):
    return reconcile_to_ledger(payments, treatments, totals).set_index("financial_year")


# ---- identities -----------------------------------------------------------------------------------------------

AMOUNTS = ["100.01", "£2,950.00", "(1,200)", "33.33", "500.00", "tbc", "2950 p/w", "=H2", ""]
STARTS = ["01/04/2017", "15/03/2018", "31/02/2018", "", "01/05/2018"]


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from(AMOUNTS), st.sampled_from(STARTS), st.integers(1, 4)), min_size=1))
def test_file_less_what_was_kept_out_is_the_record_and_is_matched_and_unmatched(rows, tmp_path_factory):
    sent = [a_sent_payment(child_id="1", amount="7.00")]
    sent += [
        a_sent_payment(child_id=str(child), amount=amount, period_start=start, period_end="30/06/2018")
        for amount, start, child in rows
    ]
    read, _, treatments = read_sent(tmp_path_factory.mktemp("sent"), sent)
    payments, met = match_payments(read, make_episodes([a_home(child="1"), a_home(child="2")]))
    table = ledger(payments, {}, treatments.join(met))
    pence = {
        name: to_pence(table[f"{name}_gbp"]) for name in ("in_file", "kept_out", "counted", "matched", "unmatched")
    }
    assert (pence["in_file"] + pence["kept_out"] == pence["counted"]).all()
    assert (pence["matched"] + pence["unmatched"] == pence["counted"]).all()
    worth = {"£2,950.00": 2950.0, "(1,200)": -1200.0, "2950 p/w": 0.0, "tbc": 0.0, "=H2": 0.0, "": 0.0}
    in_file = 7.0 + sum(worth.get(amount) if amount in worth else float(amount) for amount, _, _ in rows)
    assert pence["in_file"].sum() == round(in_file * 100)
    assert pence["counted"].sum() == to_pence(payments.table["amount_gbp"]).sum()


def test_the_unmatched_listed_by_row_add_to_the_unmatched_line_of_spend_and_to_the_matches():
    episodes = make_episodes([a_home(end="2017-09-01")])
    rows = [a_payment(end="2017-09-01"), a_payment(start="2018-01-01", amount_gbp=10.01),
            a_payment(child="9", amount_gbp=-3.03), a_payment(child="", amount_gbp=0.02)]  # fmt: skip
    payments, _ = match_payments(make_payments(rows), episodes)
    listed = list_unmatched(payments)
    spend = price_outturn(episodes, payments, 2018, 2018).table.set_index("setting")
    by_match = reconcile_payments(payments).set_index("match")["spend_gbp"]
    assert listed[["row", "match"]].to_numpy().tolist() == [[3, "no stay"], [4, "no child"], [5, "no child"]]
    assert total_gbp(listed["amount_gbp"]) == spend.loc[UNMATCHED, "spend_gbp"] == 7.00
    assert listed.groupby("match")["amount_gbp"].sum().round(2).to_dict() == by_match[["no child", "no stay"]].to_dict()
    assert listed["reason"].tolist()[1:] == ["the child is not in the returns", "the row names no child"]
    assert "child" not in listed.columns


# ---- worked examples ------------------------------------------------------------------------------------------


def test_a_repeat_kept_out_and_a_ledger_a_penny_short_are_told_by_year(tmp_path):
    june = a_sent_payment(child_id="1", period_start="01/06/2017", period_end="30/06/2017", amount="3000.00")
    over = a_sent_payment(child_id="9", period_start="22/03/2018", period_end="10/04/2018", amount="2000.00")
    lost = a_sent_payment(child_id="9", period_start="soon", amount="50.00")
    read, _, treatments = read_sent(tmp_path, [june, june, over, over, lost])
    payments, met = match_payments(read, make_episodes([a_home()]))
    table = ledger(payments, {"2017-18": 3999.99, "2019-20": 5.0}, treatments.join(met))
    assert table.index.tolist() == ["2017-18", "2018-19", "2019-20", "no date"]
    assert table["in_file_gbp"].tolist() == [8000.0, 2000.0, 0.0, 50.0]
    assert table["kept_out_gbp"].tolist() == [-4000.0, -1000.0, 0.0, -50.0]
    assert table["counted_gbp"].tolist() == [4000.0, 1000.0, 0.0, 0.0]
    assert table["unmatched_gbp"].tolist() == [1000.0, 1000.0, 0.0, 0.0]
    assert table["children"].tolist() == [2, 1, 0, 0]
    assert table["says"].tolist() == [
        "£0.01 more than the ledger", "no ledger total given", "£5.00 less than the ledger",
        "dates that cannot be read: in no year",
    ]  # fmt: skip
    assert table["difference_share"].iloc[0] == pytest.approx(0.01 / 3999.99)
    assert pd.isna(table.loc["2018-19", "difference_gbp"])


def test_agreement_to_the_penny_is_said_and_explained_by_nothing():
    payments = make_payments([a_payment(amount_gbp=0.1), a_payment(amount_gbp=0.2, kind="late payment")])
    assert ledger(payments, {"2017-18": 0.3})["says"].tolist() == ["agrees to the penny"]
    assert not explain_difference(payments, {"2017-18": 0.3}, 2018)["settles"].any()


def test_a_difference_is_put_down_to_the_fewest_lines_that_make_it_to_the_penny():
    payments = make_payments(
        [a_payment(), a_payment(amount_gbp=700.01, kind="late payment"),
         a_payment(start="2016-04-01", end="2016-05-01", amount_gbp=200.02, kind="late payment"),
         a_payment(amount_gbp=40.04, kind="accrual"), a_payment(child="9", amount_gbp=9.0, match="no child")]
    )  # fmt: skip
    counted = 36500 + 700.01 + 40.04 + 9
    told = explain_difference(payments, {"2017-18": round(counted - 700.01 + 200.02, 2)}, 2018)
    assert told["effect_gbp"].tolist() == [700.01, -200.02, 40.04, 9.0]
    assert told["settles"].tolist() == [True, True, False, False]
    assert not explain_difference(payments, {"2017-18": counted - 1.0}, 2018)["settles"].any()
    assert explain_difference(payments, {}, 2018).empty


def test_two_sets_of_lines_that_both_fit_explain_nothing():
    rows = [a_payment(), a_payment(amount_gbp=9.0, kind="accrual"), a_payment(amount_gbp=9.0, kind="late payment")]
    assert not explain_difference(make_payments(rows), {"2017-18": 36509.0}, 2018)["settles"].any()


def test_treatments_of_another_file_are_refused(tmp_path):
    row = a_sent_payment()
    payments, _, _ = read_sent(tmp_path, [row, row])
    with pytest.raises(ReconciliationError, match=r"keep £0\.00 out and the payments list £36,500\.00"):
        reconcile_to_ledger(payments, NOTHING, {})


def test_an_overrun_and_its_credit_note_leave_the_unit_cost_at_the_fee():
    episodes = make_episodes([a_home(end="2017-04-11"), a_home(child="2", start="2017-04-11", end="2017-04-21")])
    after = {"start": "2017-04-11", "end": "2017-04-21"}
    paid = [
        a_payment(end="2017-04-21", amount_gbp=2000.0),
        a_payment(child="2", amount_gbp=1000.0, **after),
        a_payment(amount_gbp=-1000.0, kind="credit note", **after),
    ]
    payments, _ = match_payments(make_payments(paid), episodes)
    costs = unit_costs(price_outturn(episodes, payments, 2018, 2018), episodes, "52").iloc[0]
    assert costs["spend_gbp"] == 2000.0
    assert costs["weekly_by_child_weeks_gbp"] == pytest.approx(700.0)


def test_a_rekeyed_child_is_in_the_list_by_row_with_its_pounds_and_under_its_own_number():
    episodes = make_episodes([a_home(end="2017-09-01")])
    payments, _ = match_payments(make_payments([a_payment(child="21", end="2017-09-01", amount_gbp=15300.0)]), episodes)
    line = list_unmatched(payments).iloc[0]
    assert (line["match"], line["amount_gbp"]) == ("other child, same stay", 15300.0)
    assert payments.table["child"].tolist() == ["21"]


def test_no_payments_reconcile_to_an_empty_table_and_lists():
    empty = Payments(make_payments([a_payment()]).table.head(0))
    assert reconcile_to_ledger(empty, NOTHING, {}).empty
    assert list_unmatched(empty).empty
    assert list_fee_gaps(empty).empty


# ---- the invented county ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not COUNTY.is_dir(), reason="the invented county is made by a command (make data)")
def test_every_penny_of_the_invented_countys_file_is_accounted_for():
    text = open_payment_files(COUNTY / "payments.csv", PaymentColumns()).lines["amount"]
    whole = int((text.str.replace(r"[£,\s]", "", regex=True).astype("float64") * 100).round().sum())
    payments, _, treatments = read_payments(COUNTY / "payments.csv", PaymentColumns())
    table = reconcile_to_ledger(payments, treatments, {})
    assert to_pence(table["in_file_gbp"]).sum() == whole
    assert whole + to_pence(treatments.table["gbp"]).sum() == to_pence(payments.table["amount_gbp"]).sum()
    settled = read_settings(ROOT / "config" / "runs" / "autumn-2018.toml", Run).ledger_totals
    told = explain_difference(payments, settled, 2018)
    assert told.loc[told["settles"], "line"].str.contains("late payments").tolist() == [True, True]
    assert total_gbp(told.loc[told["settles"], "effect_gbp"]) == 122506.91
