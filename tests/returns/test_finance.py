"""Payments in: nothing guessed, nothing lost without a line that says so, and pence that add up."""

from __future__ import annotations

from datetime import date

import openpyxl
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from hypothesis import given, settings
from hypothesis import strategies as st
from money_builders import a_payment, a_sent_payment, make_payments, read_sent, write_payments

from cip_analysis.records import PAYMENT_MATCHES
from cip_analysis.returns.finance import PaymentError, match_payments, read_payments
from cip_analysis.returns.payments.cells import read_days, read_money, to_pence, total_gbp
from cip_analysis.returns.payments.matching import share_by_days, split_by_year
from cip_analysis.settings import PaymentColumns


def found(findings, rule):
    """The one finding under a rule."""
    lines = findings.table[findings.table["rule"] == rule]
    assert len(lines) == 1, f"{rule}: {len(lines)} findings"
    return lines.iloc[0]


def treated(treatments, rule):
    """The one line of the ledger under a rule."""
    lines = treatments.table[treatments.table["rule"] == rule]
    assert len(lines) == 1, f"{rule}: {len(lines)} lines"
    return lines.iloc[0]


# ---- identities -----------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.dates(date(2010, 1, 1), date(2019, 1, 1)), st.integers(1, 1500), st.integers(-(10**9), 10**9)),
        min_size=1,
        max_size=8,
    )
)
def test_cutting_periods_at_31_march_conserves_every_day_and_every_penny(periods):
    starts = pd.to_datetime([start for start, _, _ in periods]).astype("datetime64[us]")
    whole = pd.DataFrame(
        {
            "start": starts,
            "end": starts + pd.to_timedelta([days for _, days, _ in periods], unit="D"),
            "pence": [pence for _, _, pence in periods],
        }
    )
    parts = split_by_year(whole)
    shared = parts.assign(shared=share_by_days(parts["pence"], parts)).groupby("origin")
    assert shared["days"].sum().tolist() == [days for _, days, _ in periods]
    assert shared["shared"].sum().tolist() == whole["pence"].tolist()
    opens = pd.to_datetime({"year": parts["financial_year"] - 1, "month": 4, "day": 1})
    closes = pd.to_datetime({"year": parts["financial_year"], "month": 4, "day": 1})
    assert ((parts["start"] >= opens) & (parts["end"] <= closes) & (parts["days"] > 0)).all()


def test_the_total_read_and_what_was_kept_out_make_the_files_total_to_the_penny(tmp_path):
    amounts = ["100.01", "£2,950.00", "(1,200)", "33.335", "500.00", "500.00", "7.77", "2,9500"]
    rows = [a_sent_payment(child_id=str(place), amount=amount) for place, amount in enumerate(amounts)]
    rows[5] = rows[4]
    rows[6]["period_start"] = "31/02/2018"
    payments, _, treatments = read_sent(tmp_path, rows)
    in_file = 100.01 + 2950 - 1200 + 33.335 + 500 + 500 + 7.77
    assert total_gbp(payments.table["amount_gbp"]) == 2383.35
    assert round(in_file + treatments.table["gbp"].sum(), 6) == 2383.35


def test_matching_moves_no_money_and_leaves_its_inputs_alone():
    payments = make_payments([a_payment(match="no child"), a_payment(child="2", amount_gbp=-5.0, match="no child")])
    episodes = make_episodes([a_placement(start="2017-04-01", setting="external residential")])
    before = payments.table.copy(deep=True)
    matched, _ = match_payments(payments, episodes)
    pd.testing.assert_frame_equal(payments.table, before)
    pd.testing.assert_series_equal(matched.table["amount_gbp"], before["amount_gbp"])
    assert len(matched.table) == len(before)


# ---- worked examples: cells -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "pence", "reading"),
    [
        ("2950", 295000, "plain"), ("2950.5", 295050, "plain"), ("-12.34", -1234, "plain"),
        ("£2,950.00", 295000, "as text"), ("(1,200)", -120000, "as text"), ("1,200 CR", -120000, "as text"),
        ("5-", -500, "as text"), ("−£5", -500, "as text"), ("2950 p/w", 295000, "by the week"),
        ("£2,950 per week", 295000, "by the week"), ("", None, "blank"), ("=B2*52", None, "formula"),
        ("2,95", None, "unreadable"), ("2.9k", None, "unreadable"), ("$5", None, "unreadable"),
        ("(-5)", None, "unreadable"), ("1e5", None, "unreadable"), ("nan", None, "unreadable"),
        ("inf", None, "unreadable"), ("n/a", None, "unreadable"), ("99999999999999", None, "unreadable"),
        ("٣", None, "unreadable"), ("£٣", None, "unreadable"),
    ],
)  # fmt: skip
def test_money_is_read_where_it_has_one_reading_and_only_there(typed, pence, reading):
    cell = read_money(pd.Series([typed])).iloc[0]
    assert cell["reading"] == reading
    assert (pd.isna(cell["pence"]) and pence is None) or cell["pence"] == pence


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("01/04/2017", "2017-04-01"), ("1/4/2017", "2017-04-01"), ("2017-04-01", "2017-04-01"),
        ("1 Apr 2017", "2017-04-01"), ("2017-04-01 00:00:00", "2017-04-01"), ("04/30/2018", None),
        ("31/02/2017", None), ("01/04/1817", None), ("42826", None), ("soon", None), ("", None),
    ],
)  # fmt: skip
def test_days_are_read_day_before_month_and_never_turned_round(typed, day):
    read = read_days(pd.Series([typed])).iloc[0]
    assert (pd.isna(read) and day is None) or f"{read:%Y-%m-%d}" == day


# ---- worked examples: rows ------------------------------------------------------------------------------------


def test_a_period_over_31_march_falls_into_two_years_by_its_days(tmp_path):
    row = a_sent_payment(
        period_start="01/02/2018", period_end="30/04/2018", amount="8900.01", health_contribution="0.01"
    )
    payments, _, treatments = read_sent(tmp_path, [row])
    assert payments.table["financial_year"].tolist() == [2018, 2019]
    assert payments.table["amount_gbp"].tolist() == [5900.01, 3000.00]  # 59 and 30 of 89 days
    assert total_gbp(payments.table["health_gbp"]) == 0.01
    assert treated(treatments, "payment period cut at 31 March")["rows_changed"] == 1


def test_a_period_ends_on_its_last_night_or_the_morning_after_as_the_council_says(tmp_path):
    row = a_sent_payment(period_start="01/06/2017", period_end="08/06/2017")
    nights = read_sent(tmp_path, [row])[0].table
    mornings = read_sent(tmp_path, [row], PaymentColumns(end_is="day after last paid"))[0].table
    assert (nights["end"] - nights["start"]).dt.days.tolist() == [8]
    assert (mornings["end"] - mornings["start"]).dt.days.tolist() == [7]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"amount": "2950 p/w"}, "amount by the week"),
        ({"amount": ""}, "no amount"),
        ({"amount": "tbc"}, "unreadable amount"),
        ({"amount": "=H2*52"}, "formula without a value"),
        ({"period_start": ""}, "no start date"),
        ({"period_start": "13/13/2017"}, "unreadable date"),
        ({"period_end": "next year"}, "unreadable date"),
        ({"period_end": "31/03/2016"}, "period runs backwards"),
        ({"period_start": "01/04/1995"}, "period too long"),
        ({"child_id": "Grand total", "period_start": "", "period_end": "", "amount": "36500.00"}, "totals row"),
        ({"child_id": "", "period_start": "", "period_end": "", "amount": "36500.00"}, "totals row"),
        (dict.fromkeys(a_sent_payment(), ""), "blank row"),
        ({}, "repeated row"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_cannot_be_read_one_way_is_kept_out_and_listed(tmp_path, changes, rule):
    good = [a_sent_payment()]
    payments, findings, treatments = read_sent(tmp_path, [*good, a_sent_payment(**changes)])
    assert payments.table["row"].tolist() == [2]
    assert (found(findings, rule)["rows"], found(findings, rule)["first_rows"]) == (1, "3")
    assert treated(treatments, f"payment kept out: {rule}")["rows_changed"] == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"period_end": ""}, "no end date"),
        ({"row_type": "Credit note"}, "credit note above nought"),
        ({"amount": "0"}, "amount of nought"),
        ({"weekly_fee": "0"}, "fee not above nought"),
        ({"weekly_fee": "-700"}, "fee not above nought"),
        ({"weekly_fee": "295000"}, "implausible fee"),
        ({"weekly_fee": "900"}, "fee and amount differ"),
        ({"weekly_fee": "about 700"}, "unreadable fee"),
        ({"health_contribution": "some"}, "unreadable contribution"),
        ({"amount": "£36,500.00"}, "money typed as text"),
        ({"amount": "36500.004"}, "parts of a penny"),
        ({"row_type": "arrears"}, "late payment"),
        ({"child_id": ""}, "no child given"),
        ({"row_type": "void"}, "unknown row type"),
        ({"procurement_platform": "by magic"}, "unknown platform"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_doubtful_row_stays_in_the_total_and_is_listed(tmp_path, changes, rule):
    payments, findings, _ = read_sent(tmp_path, [a_sent_payment(**changes)])
    assert len(payments.table) == 1
    assert found(findings, rule)["first_rows"] == "2"


def test_a_clean_file_has_no_findings_and_a_weekly_fee_typed_by_the_week_is_clean(tmp_path):
    _, findings, _ = read_sent(tmp_path, [a_sent_payment(weekly_fee="700 p/w")])
    assert findings.table.empty


def test_a_negative_payment_is_a_credit_note_and_its_sign_is_kept(tmp_path):
    payments, _, treatments = read_sent(tmp_path, [a_sent_payment(amount="(1,200)", weekly_fee="")])
    assert payments.table[["kind", "amount_gbp"]].to_numpy().tolist() == [["credit note", -1200.0]]
    assert treated(treatments, "payment called a credit note by its sign")["rows_changed"] == 1


def test_a_fee_net_of_contributions_is_no_disagreement(tmp_path):
    row = a_sent_payment(health_contribution="10000", amount="26500")
    assert "fee and amount differ" not in read_sent(tmp_path, [row])[1].table["rule"].tolist()


def test_findings_never_name_a_child(tmp_path):
    rows = [a_sent_payment(child_id="ZEBRA77", amount=amount) for amount in ("tbc", "1", "1", "£2,000.005", "(5)")]
    _, findings, treatments = read_sent(tmp_path, rows)
    assert "ZEBRA77" not in findings.table.to_csv() + treatments.table.to_csv()


# ---- files ----------------------------------------------------------------------------------------------------


def test_a_councils_own_column_names_are_mapped_and_its_other_columns_named(tmp_path):
    own = [{"Mosaic ID": "7", "From": "01/04/2017", "To": "30/04/2017", "Paid": "3000", "Cost centre": "X1"}]
    columns = PaymentColumns(child="Mosaic ID", start="From", end="To", amount="Paid")
    payments, findings, _ = read_sent(tmp_path, own, columns)
    assert payments.table[["child", "amount_gbp"]].to_numpy().tolist() == [["7", 3000.0]]
    assert "cost centre" in found(findings, "column not read")["meaning"]
    assert "weekly_fee" in found(findings, "column absent")["meaning"]


def test_an_excel_workbook_is_read_sheet_by_sheet_with_real_dates_and_numbers(tmp_path):
    book = openpyxl.Workbook()
    for year, sheet in ((2017, book.active), (2018, book.create_sheet("2018"))):
        sheet.append(["Placement payments"])
        sheet.append(["Child_ID", "Period_Start", "Period_End", "Amount"])
        sheet.append([123456, date(year - 1, 4, 1), date(year, 3, 31), 100.1])
    book.create_sheet("Notes").append(["Prepared by finance"])
    book.save(tmp_path / "payments.xlsx")
    payments, _, _ = read_payments(tmp_path / "payments.xlsx", PaymentColumns())
    assert payments.table["financial_year"].tolist() == [2017, 2018]
    assert payments.table["child"].tolist() == ["123456", "123456"]
    assert payments.table["row"].tolist() == [3, 3]


def test_a_folder_of_files_is_read_as_one_and_says_which_file_was_not_payments(tmp_path):
    write_payments(tmp_path, [a_sent_payment()], "2018.csv")
    write_payments(tmp_path, [a_sent_payment(child_id="2")], "2017.csv")
    write_payments(tmp_path, [{"home": "A", "beds": "4"}], "beds.csv")
    payments, findings, _ = read_payments(tmp_path, PaymentColumns())
    assert sorted(payments.table["file"]) == ["2017.csv", "2018.csv"]
    assert found(findings, "not a payments table")["where"] == "beds.csv"


def test_a_comma_typed_inside_a_sum_shifts_no_other_cell(tmp_path):
    path = write_payments(tmp_path, [a_sent_payment()])
    path.write_text(path.read_text() + "2,01/04/2017,31/03/2018,x,y,SC1,spot,1,200.00,,,5000.00,Payment\n")
    payments, findings, _ = read_payments(path, PaymentColumns())
    assert payments.table["child"].tolist() == ["1"]
    assert found(findings, "too many cells")["first_rows"] == "3"


def test_a_line_lost_in_opening_the_file_is_a_line_of_the_ledger(tmp_path):
    path = write_payments(tmp_path, [a_sent_payment()])
    path.write_text(path.read_text() + "2,01/04/2017,31/03/2018,x,y,SC1,spot,1,200.00,,,5000.00,Payment\n")
    _, _, treatments = read_payments(path, PaymentColumns())
    assert treated(treatments, "payments file: too many cells")["rows_changed"] == 1


def test_a_return_in_xml_among_the_payments_is_no_payments(tmp_path):
    write_payments(tmp_path, [a_sent_payment()])
    child = "<HEADER><CHILDID>7</CHILDID><DOB>01/02/2003</DOB></HEADER><EPISODE><DECOM>01/04/2016</DECOM></EPISODE>"
    (tmp_path / "return.xml").write_text(f"<EXPSSDA903><CHILD>{child}</CHILD></EXPSSDA903>", encoding="utf-8")
    payments, findings, _ = read_payments(tmp_path, PaymentColumns())
    assert payments.table["file"].tolist() == ["payments.csv"]
    assert found(findings, "not a payments table")["where"] == "return.xml"


@pytest.mark.parametrize(
    "content",
    [b"", b"child_id,amount\n1,2\n", b"child_id,period_start,amount\n", b"<html><table></table></html>",
     b"PK\x03\x04no", b"child_id,period_start,amount\n1,never,2\n", b"\xd0\xcf\x11\xe0old"],
)  # fmt: skip
def test_an_unusable_file_is_refused_with_what_to_do(tmp_path, content):
    path = tmp_path / "payments.csv"
    path.write_bytes(content)
    with pytest.raises(PaymentError, match=r"payments\.csv: .*council's file"):
        read_payments(path, PaymentColumns())


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(PaymentError, match="no such payments file"):
        read_payments(tmp_path / "payments.csv", PaymentColumns())


def test_payments_beside_the_mark_of_invented_data_are_synthetic(tmp_path):
    assert not read_sent(tmp_path, [a_sent_payment()])[0].synthetic
    (tmp_path / "SYNTHETIC.txt").write_text("SYNTHETIC")
    assert read_sent(tmp_path, [a_sent_payment()])[0].synthetic


# ---- matching -------------------------------------------------------------------------------------------------


def a_stay(**changes):
    return a_placement(**{"setting": "external residential", "provider_urn": "SC001", "start": "2017-06-01", **changes})


def matched(payments, stays):
    """The kind of match of each payment."""
    return match_payments(make_payments(payments), make_episodes(stays))[0].table


@pytest.mark.parametrize(
    ("payment", "match"),
    [
        ({"start": "2017-06-01", "end": "2017-09-01"}, "stay"),
        ({"start": "2017-06-10", "end": "2017-06-11"}, "stay"),
        ({"start": "2017-05-31", "end": "2017-09-01"}, "part stay"),
        ({"start": "2017-08-01", "end": "2017-09-02"}, "part stay"),
        ({"start": "2017-04-01", "end": "2017-06-01"}, "no stay"),
        ({"start": "2017-09-01", "end": "2017-09-15"}, "part stay"),
        ({"start": "2017-09-01", "end": "2017-09-15", "provider_urn": "SC999"}, "no stay"),
        ({"start": "2017-09-01", "end": "2017-11-02"}, "no stay"),
        ({"start": "2017-11-02", "end": "2017-11-15"}, "no stay"),
        ({"child": "99", "start": "2017-06-10", "end": "2017-06-20"}, "no child"),
        ({"child": "", "start": "2017-06-10", "end": "2017-06-20"}, "no child"),
    ],
)
def test_a_payment_meets_a_stay_by_its_days(payment, match):
    assert matched([a_payment(**payment)], [a_stay(end="2017-09-01")])["match"].tolist() == [match]


def test_a_payment_over_stays_back_to_back_is_met_in_full_and_over_a_gap_in_part():
    stays = [
        a_stay(end="2017-07-01"),
        a_stay(start="2017-07-01", end="2017-08-01"),
        a_stay(start="2017-08-02", period=2),
    ]
    payments = [a_payment(start="2017-06-15", end="2017-07-20"), a_payment(start="2017-07-20", end="2017-08-20")]
    assert matched(payments, stays)["match"].tolist() == ["stay", "part stay"]


def test_a_stay_open_on_the_census_date_is_taken_to_go_on():
    payment = a_payment(start="2018-06-01", end="2018-07-01")
    assert matched([payment], [a_stay(end=None)])["match"].tolist() == ["stay"]


def test_the_setting_is_that_of_the_stay_which_agrees_with_the_payment_and_otherwise_of_most_days():
    stays = [a_stay(end="2017-08-01"), a_stay(start="2017-08-01", provider_urn="SC002", setting="independent foster")]
    payments = [
        a_payment(start="2017-07-30", end="2017-08-20"),
        a_payment(start="2017-07-30", end="2017-08-20", provider_urn="", setting="Res"),
        a_payment(start="2017-07-30", end="2017-08-20", provider_urn=""),
        a_payment(start="2017-08-01", end="2017-08-20", kind="credit note", amount_gbp=-9.0),
    ]
    table = matched(payments, stays)
    home, foster = "external residential", "independent foster"
    assert table["setting"].tolist() == [home, foster, home, home]
    assert table["match"].tolist() == ["stay", "stay", "stay", "part stay"]


def test_an_overrun_into_adoption_from_the_same_service_stays_with_the_fostering_it_ran_on_from():
    stays = [
        a_stay(end="2017-08-01", setting="in-house foster"),
        a_stay(start="2017-08-01", setting="placed for adoption"),
    ]
    credit = a_payment(start="2017-08-01", end="2017-08-20", setting="in-house foster", amount_gbp=-9.0)
    table = matched([credit, {**credit, "end": "2018-04-01"}], stays)
    assert table["setting"].tolist() == ["in-house foster", "placed for adoption"]
    assert table["match"].tolist() == ["part stay", "stay"]


def test_a_rekeyed_child_is_listed_beside_the_unpaid_stay_and_never_merged():
    stays = [a_stay(child="1", end="2017-09-01"), a_stay(child="2", end="2017-09-01")]
    payments = [
        a_payment(child="1", start="2017-06-01", end="2017-09-01"),
        a_payment(child="21", start="2017-06-01", end="2017-07-15"),
        a_payment(child="21", start="2017-07-15", end="2017-09-01"),
    ]
    table = matched(payments, stays)
    assert table["match"].tolist() == ["stay", "other child, same stay", "other child, same stay"]
    assert table["child"].tolist() == ["1", "21", "21"]


@pytest.mark.parametrize(
    "changes",
    [{"start": "2017-06-02"}, {"end": "2017-08-31"}, {"provider_urn": "SC999"}, {"provider_urn": ""}],
    ids=["other start", "other end", "other provider", "no provider"],
)
def test_a_stranger_whose_days_or_provider_differ_is_not_taken_for_a_rekeyed_child(changes):
    payment = a_payment(**{"child": "21", "start": "2017-06-01", "end": "2017-09-01", **changes})
    assert matched([payment], [a_stay(child="2", end="2017-09-01")])["match"].tolist() == ["no child"]


def test_a_stranger_at_a_stay_already_paid_for_is_not_taken_for_a_rekeyed_child():
    spell = {"start": "2017-06-01", "end": "2017-09-01"}
    payments = [a_payment(child="2", **spell), a_payment(child="21", **spell)]
    assert matched(payments, [a_stay(child="2", end="2017-09-01")])["match"].tolist() == ["stay", "no child"]


def test_the_ledger_of_matches_sums_to_the_payments_that_met_no_whole_stay():
    payments = make_payments(
        [a_payment(start="2017-06-01", end="2017-06-08", amount_gbp=10.01), a_payment(child="9", amount_gbp=20.02),
         a_payment(child="", amount_gbp=-3.03), a_payment(start="2017-05-01", end="2017-06-08", amount_gbp=4.04)]
    )  # fmt: skip
    table, ledger = match_payments(payments, make_episodes([a_stay()]))
    lines = ledger.table[ledger.table["rule"].str.startswith("payment matched:")]
    assert len(lines) == len(PAYMENT_MATCHES) - 1
    assert to_pence(lines["gbp"]).sum() + 1001 == to_pence(table.table["amount_gbp"]).sum() == 3104


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 90)), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 120)), min_size=1, max_size=6),
)
def test_matching_agrees_with_counting_days_one_by_one(stays, payments):
    day = pd.Timestamp("2017-04-01")
    covered: set[int] = set()
    rows = []
    for start, length in sorted(stays):
        if start not in covered and not covered & set(range(start, start + length)):
            covered |= set(range(start, start + length))
            begins = day + pd.Timedelta(days=start)
            rows.append(a_stay(start=begins, end=begins + pd.Timedelta(days=length), period=len(rows) + 1))
    paid = [
        a_payment(start=begins, end=begins + pd.Timedelta(days=length), provider_urn="", setting="")
        for begins, length in [(day + pd.Timedelta(days=start), length) for start, length in payments]
    ]
    expected = []
    for start, length in payments:
        met = len(covered & set(range(start, start + length)))
        expected.append("stay" if met == length else "part stay" if met else "no stay")
    episodes = make_episodes(rows, census="2019-03-31")
    assert match_payments(make_payments(paid), episodes)[0].table["match"].tolist() == expected
