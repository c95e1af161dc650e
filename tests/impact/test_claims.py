"""The July 2018 report reconciled: DOMAIN's answers come out, silence is said, and invented data prove nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from builders import ROOT, SHARED, a_placement, make_episodes

from cip_analysis.impact.claim_checks import CHECKS
from cip_analysis.impact.claim_evidence import AGREES, DIFFERS, STATUSES, UNCHECKED, Evidence
from cip_analysis.impact.claims import (
    Claim,
    Claims,
    ClaimsError,
    claims_in_words,
    count_statuses,
    half_last_digit,
    reconcile_claims,
    what_matters_most,
)
from cip_analysis.records import Payments
from cip_analysis.returns.published import as_known_at, read_published
from cip_analysis.settings import Council, Disclosure, read_settings

CLAIMS = read_settings(ROOT / "config" / "claims" / "cabinet-2018-07-06.toml", Claims)
REPORT = SHARED / "cabinet_report_2018-07-06.txt"


def the_evidence(**held) -> Evidence:
    council = read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)
    figures = read_published(ROOT / "data" / "reference" / "comparators.csv")
    return replace(Evidence(council, figures, Disclosure()), **held)


def a_claim(**changes) -> Claim:
    return Claim(**{"key": "one", "paragraph": 1, "claim": "A claim", "check": "not_held", **changes})


def reconciled(*claims: Claim, **held) -> pd.DataFrame:
    return reconcile_claims(Claims(report="r", meeting="m", day=date(2018, 7, 6), claims=claims), the_evidence(**held))


def the_row(key: str, **held):
    chosen = next(claim for claim in CLAIMS.claims if claim.key == key)
    return reconciled(chosen, **held).iloc[0]


def children(count: int, setting: str, first: int = 0) -> list[dict[str, object]]:
    return [a_placement(child=str(first + number), setting=setting) for number in range(count)]


def some_payments(rows: list[tuple[str, str, float, int]], children: int = 5, providers: int = 2) -> Payments:
    """Payments of 2017/18 from rows of (setting, platform, £, days), each row once for every child."""
    table = pd.DataFrame(
        [(str(child), f"provider {child % providers}", *row) for row in rows for child in range(children)],
        columns=["child", "provider", "setting", "platform", "amount_gbp", "days"],
    )
    start = pd.Timestamp("2017-05-01")
    table = table.assign(
        start=start, end=start + pd.to_timedelta(table["days"], unit="D"), financial_year=2018, provider_urn="u",
        weekly_fee_gbp=1.0, health_gbp=0.0, education_gbp=0.0, kind="fee", match="stay", file="payments.csv",
        row=range(len(table)),
    ).astype({"amount_gbp": "float64"})  # fmt: skip
    return Payments(table.drop(columns="days"))


# ---- the answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "found", "status", "says"),
    [
        ("rate-council", 40.0, DIFFERS, r"136,857, give 40.55 or 40.48; .*138,410, which gives 40.10 or 40.03"),
        ("rate-neighbours", 50.9, AGREES, r"50\.9; the mean of their 10 rates is 52\.7"),
        ("rate-region", 56.8, DIFFERS, r"55 is the March 2017 rate; March 2018 was 57"),
        ("rate-england", 63.5, DIFFERS, r"62 is the March 2017 rate; March 2018 was 64"),
        ("children-2022", 696, AGREES, r"698 or 706 children.*31 March 2022 is 696.*more than 750"),
        ("in-line-2022", -7.1, DIFFERS, r"council had 49\.5 and its neighbours 56\.5"),
        ("external-residential-share", 11.4, AGREES, "63 of the 554"),
        ("cost-growth", 15.2, DIFFERS, r"£34\.5m in 2017/18 to £49\.7m in 2021/22.*£14\.7m by 2020/21.*£14\.3m"),
        ("own-homes", 1, AGREES, "homes the local authority ran"),
        ("own-home-beds", 4, AGREES, "Places"),
        ("foster-carers", 125, AGREES, "counts households, not carers"),
        ("national-rise", 8, AGREES, "64,400 at March 2010 to 75,370"),
        ("unaccompanied-pressure", 38, AGREES, "14% of the council's own"),
        ("four-years", 4, AGREES, ""),
        ("stages", 3, AGREES, ""),
    ],
)  # fmt: skip
def test_each_claim_is_reconciled_with_what_was_published(key, found, status, says):
    row = the_row(key)
    assert (round(row["found"], 1), row["status"]) == (found, status)
    assert re.search(says, row["why"]), row["why"]


def test_a_plan_that_ends_before_it_starts_differs_without_a_figure():
    row = the_row("plan-years")
    assert row["status"] == DIFFERS and "5 years before it starts" in row["why"]
    assert claims_in_words(row.to_frame().T)["data_say"].tolist() == ["see why"]
    backwards = a_claim(check="years_run_forward", at={"from": 2017, "to": 2021})
    assert reconciled(backwards)["status"].tolist() == [AGREES]


def test_the_residential_spend_is_said_a_child_a_week_even_without_payments():
    row = the_row("residential-spend")
    assert row["status"] == UNCHECKED and pd.isna(row["found"])
    assert "£2,951 a child a week" in row["why"] and "£3,515" in row["why"]
    assert "ledger" in row["what_would_settle_it"]


def test_every_claim_has_a_row_in_the_reports_order_and_one_status():
    table = reconcile_claims(CLAIMS, the_evidence())
    assert len(table) == len(CLAIMS.claims) and table["paragraph"].is_monotonic_increasing
    assert set(table["status"]) <= set(STATUSES)
    assert sum(count_statuses(table).values()) == len(table)
    assert (table["difference"].notna() <= table["found"].notna()).all()
    assert table["what_would_settle_it"][table["status"] == UNCHECKED].str.len().gt(0).all()


@pytest.mark.skipif(not REPORT.is_file(), reason="the report's text lies beside the project")
def test_every_figure_in_the_report_is_in_a_claim():
    text = REPORT.read_text(encoding="utf-8")
    body = text[text.index("Resource Implications") : text.index("Proposed Commissioning Process")]
    body = re.sub(r"^ ?\d+\. ", "", body, flags=re.M)
    figures = set(re.findall(r"\d+(?:[.,]\d+)?", body)) - {"10,000", "49"}  # the rate's base, and a page number
    stated = " ".join(f"{claim.claim} {claim.stated} {dict(claim.at)} {claim.settled_by}" for claim in CLAIMS.claims)
    assert len(figures) > 20
    assert {figure for figure in figures if not re.search(rf"(?<![\d.]){re.escape(figure)}(?!\d)", stated)} == set()


# ---- silence, and invented data --------------------------------------------------------------------------------


def test_with_nothing_held_at_all_every_data_claim_is_unchecked_and_says_so():
    nothing = as_known_at(the_evidence().comparators, date(2000, 1, 1))
    table = reconcile_claims(CLAIMS, the_evidence(comparators=nothing))
    within = table["source"] == "the report itself"
    assert (table["status"][~within] == UNCHECKED).all()
    assert table["found"][~within].isna().all() and (table["why"].str.len() > 0).all()


def test_a_later_outturn_is_not_known_before_it_is_published():
    then = as_known_at(the_evidence().comparators, date(2018, 11, 30))
    row = the_row("children-2022", comparators=then)
    assert row["status"] == UNCHECKED and "not published" in row["why"]
    assert the_row("rate-england", comparators=then)["status"] == DIFFERS
    before = as_known_at(the_evidence().comparators, date(2018, 7, 6))
    assert the_row("rate-england", comparators=before)["status"] == UNCHECKED


def test_invented_children_prove_nothing():
    row = the_row("external-residential-children", episodes=make_episodes(children(63, "external residential")))
    assert row["found"] == 65 and row["status"] == UNCHECKED
    assert "no evidence" in row["why"] and "SYNTHETIC" in row["source"]


def test_real_returns_are_counted_to_the_rounding_and_agree_within_it():
    rows = children(63, "external residential") + children(30, "kinship", first=100)
    real = replace(make_episodes(rows), synthetic=False)
    row = the_row("external-residential-children", episodes=real)
    assert (row["found"], row["difference"], row["status"]) == (65, 0, AGREES)
    exact = the_row("external-residential-children", episodes=real, disclosure=Disclosure(rounding_base=1))
    assert (exact["found"], exact["difference"], exact["status"]) == (63, 0, AGREES)
    fewer = replace(make_episodes(children(50, "external residential")), synthetic=False)
    assert the_row("external-residential-children", episodes=fewer)["status"] == DIFFERS


def test_a_count_below_the_threshold_is_not_said():
    few = replace(make_episodes(children(3, "external residential")), synthetic=False)
    row = the_row("external-residential-children", episodes=few)
    assert pd.isna(row["found"]) and "Fewer than 5" in row["why"] and "3" not in row["why"]


def test_returns_that_stop_before_the_day_are_not_counted():
    early = make_episodes([a_placement()], census="2017-03-31")
    assert "not held" in the_row("external-residential-children", episodes=early)["why"]


def test_payments_are_added_for_the_year_and_setting():
    paid = some_payments([("external residential", "framework", 9.8e6 / 5, 100), ("kinship", "in-house", 5e6, 100)])
    row = the_row("residential-spend", payments=paid)
    assert row["found"] == pytest.approx(9.8)
    assert row["difference"] == pytest.approx(0.1) and row["status"] == DIFFERS


def test_a_week_of_independent_fostering_is_set_beside_a_week_in_house():
    paid = some_payments(
        [("independent foster", "spot", 1600.0, 14), ("independent foster", "spot", -200.0, 7),
         ("in-house foster", "in-house", 800.0, 14)]
    )  # fmt: skip
    row = the_row("independent-twice", payments=paid)
    assert row["found"] == pytest.approx(700 / 400) and row["status"] == AGREES
    assert "£700 a week against £400" in row["why"] and "£12,500" in row["why"]


def test_spot_purchase_is_set_beside_the_framework_in_the_same_setting():
    paid = some_payments(
        [("external residential", "spot", 4000.0, 7), ("external residential", "framework", 3200.0, 7),
         ("independent foster", "spot", 10.0, 7)]
    )  # fmt: skip
    row = the_row("off-framework-dearer", payments=paid)
    assert row["found"] == pytest.approx(1.25) and row["status"] == AGREES
    assert the_row("off-framework-dearer", payments=replace(paid, synthetic=True))["status"] == UNCHECKED


def test_support_billed_beside_a_fee_adds_to_its_price_and_not_to_its_days():
    rows = [("external residential", "spot", 4000.0, 7), ("external residential", "spot", 800.0, 7),
            ("external residential", "spot", 4000.0, 14), ("external residential", "framework", 4400.0, 7)]  # fmt: skip
    assert the_row("off-framework-dearer", payments=some_payments(rows))["found"] == pytest.approx(1.0)


SPOT = [("external residential", "spot", 4000.0, 7), ("external residential", "framework", 3200.0, 7)]


@pytest.mark.parametrize("few", [some_payments(SPOT, children=4), some_payments(SPOT, providers=1)])
def test_the_price_of_a_few_children_or_of_one_provider_is_not_said(few):
    row = the_row("off-framework-dearer", payments=few)
    assert pd.isna(row["found"]) and "£" not in row["why"] and "too few to show" in row["why"]
    shown = the_row("off-framework-dearer", payments=few, disclosure=Disclosure(threshold=1))
    assert shown["found"] == pytest.approx(1.25)


def test_the_spend_on_a_few_children_is_not_said():
    paid = some_payments([("external residential", "framework", 1e6, 100)], children=4)
    assert pd.isna(the_row("residential-spend", payments=paid)["found"])


# ---- the rules -------------------------------------------------------------------------------------------------


def test_a_figure_agrees_within_half_of_its_last_digit():
    at = {"area": "neighbours", "year": 2018}
    near, far = (a_claim(stated=stated, check="published_rate", at=at) for stated in (51, 51.0))
    assert reconciled(near)["status"].tolist() == [AGREES]
    assert reconciled(far)["status"].tolist() == [AGREES]
    assert reconciled(a_claim(stated=51.4, check="published_rate", at=at))["status"].tolist() == [DIFFERS]
    assert (half_last_digit(6.47), half_last_digit(54)) == (0.005, 0.5)


def test_a_rate_of_no_year_near_it_is_said_to_be_of_none():
    row = reconciled(a_claim(stated=99, check="published_rate", at={"area": "country", "year": 2018})).iloc[0]
    assert "no year near it gives 99" in row["why"]


def test_figures_are_written_as_people_say_them():
    table = claims_in_words(reconcile_claims(CLAIMS, the_evidence()))
    table.index = table["claim"].str.replace(r" \(paragraph\s\d+\)$", "", regex=True)
    assert table["claim"].str.contains("paragraph").all()
    assert table["why"].str.contains("Source: Ofsted").sum() == 3
    silent = table[(table["status"] == UNCHECKED) & (table["data_say"] == "nothing held")]
    assert silent["why"].str.contains("What would settle it: ").all()
    assert not table["why"].str.contains("No data are held").any()
    said = table[["report_says", "data_say", "difference"]]
    assert said.loc["The council has one children's home"].tolist() == ["1 home", "1 home", "0"]
    growth = next(claim for claim in said.index if "£12m" in claim)
    assert said.loc[growth].tolist() == ["£12m", "£15.2m", "+£3.2m"]
    assert said.loc["£6.47m of it falls to children's social care"].tolist() == [
        "£6.47m",
        "nothing held",
        "not measured",
    ]
    assert said.loc["England had 62 per 10,000 at March 2018", "difference"] == "+1.5 per 10,000"


def test_what_matters_most_is_read_only_where_the_claim_came_out_so():
    read = what_matters_most(reconcile_claims(CLAIMS, the_evidence()))
    assert read["claim"].str.extract(r"(\d+)\)$")[0].tolist() == ["19", "19", "19", "19", "22"]
    assert read["what_it_means"].str.contains("year before").tolist() == [True, False, False, False, False]
    then = as_known_at(the_evidence().comparators, date(2018, 11, 30))
    known = what_matters_most(reconcile_claims(CLAIMS, the_evidence(comparators=then)))
    assert not known["what_it_means"].str.contains("neighbours rose").any() and len(known) == 2


def test_a_check_nobody_wrote_or_told_too_little_is_refused():
    with pytest.raises(ClaimsError, match=r"one: no check is called 'guess'. It is one of .*not_held"):
        reconciled(a_claim(check="guess"))
    with pytest.raises(ClaimsError, match=r"one: the check published_rate needs 'year' under `at`"):
        reconciled(a_claim(check="published_rate", at={"area": "council"}))


def test_every_check_is_used_by_the_report():
    assert {claim.check for claim in CLAIMS.claims} == set(CHECKS)
    keys = [claim.key for claim in CLAIMS.claims]
    assert len(keys) == len(set(keys))
