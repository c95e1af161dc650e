"""Whatever is returned, what comes out is a history: invented returns, wild dates and all."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cip_analysis.codes import (
    END_REASONS,
    LEGAL_STATUSES,
    MOVE_REASONS,
    NEEDS,
    PLACEMENTS,
    PROVIDERS,
    START_REASONS,
)
from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import Episodes, Returns
from cip_analysis.returns.checks import check_returns
from cip_analysis.returns.episodes import build_episodes

FIRST, LAST = date(2014, 1, 1), date(2019, 12, 31)
CENSUSES = (date(2018, 3, 31), date(2017, 9, 30))
UNKNOWN = ["", "??"]
TEXTS = ("CHILD", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "REC", "REASON_PLACE_CHANGE", "HOME_POST", "URN")
quietly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

days = st.one_of(st.none(), st.dates(FIRST, LAST), st.dates(date(2017, 1, 1), date(2017, 1, 31)))
lines = st.fixed_dictionaries(
    {
        "CHILD": st.sampled_from(["A", "A", "A", "B", ""]),
        "DECOM": days,
        "DEC": days,
        "RNE": st.sampled_from([*START_REASONS, "L", *UNKNOWN]),
        "LS": st.sampled_from(["C1", "C2", "V2", "V3", *UNKNOWN]),
        "CIN": st.sampled_from(["N1", *UNKNOWN]),
        "PLACE": st.sampled_from(["U6", "U6", "K2", "T1", "P1", *UNKNOWN]),
        "PLACE_PROVIDER": st.sampled_from(["PR1", "PR1", "PR4", *UNKNOWN]),
        "REC": st.sampled_from(["X1", "X1", "E4A", "E8", *UNKNOWN]),
        "REASON_PLACE_CHANGE": st.sampled_from(["CHILD", *UNKNOWN]),
        "HOME_POST": st.sampled_from(["LE1 1AA", "LE2 2BB", ""]),
        "URN": st.just("SC1"),
        "year": st.sampled_from([2016, 2017, 2018, 2018]),
        "file": st.sampled_from(["first.csv", "first.csv", "first.csv", "resent.csv"]),
    }
)
births = st.one_of(
    st.none(), st.dates(date(1975, 1, 1), date(2020, 1, 1)), st.dates(date(1997, 1, 1), date(2001, 1, 1))
)
headers = st.lists(st.tuples(st.sampled_from("AB"), births, st.sampled_from([2016, 2018])), max_size=4)


@st.composite
def any_returns(draw: st.DrawFn) -> Returns:
    """Returns of up to three years for up to two children, with duplicates, resent files and every kind of slip."""
    drawn = draw(st.lists(lines, min_size=1, max_size=9))
    drawn += [line for line in drawn if draw(st.integers(0, 5)) == 0]
    drawn += [{**line, "year": line["year"] + 1} for line in drawn if line["year"] < 2018 and draw(st.booleans())]
    census = draw(st.sampled_from(CENSUSES))
    known = [{"CHILD": child, "DOB": born, "year": year} for child, born, year in draw(headers)]
    return as_returns(drawn, known, census)


def as_returns(drawn: list[dict[str, object]], known: list[dict[str, object]], census: date) -> Returns:
    """Lines and headers as the reader hands them on."""
    table = pd.DataFrame(drawn)
    table = table.assign(file=table["year"].astype("str") + table["file"], row=np.arange(len(table)) + 2)
    for column in ("DECOM", "DEC"):
        table[column] = pd.to_datetime(table[column]).astype("datetime64[us]")
    tables = {"episodes": table.astype(dict.fromkeys(TEXTS, "str"))}
    if known:
        header = pd.DataFrame(known)
        header["DOB"] = pd.to_datetime(header["DOB"]).astype("datetime64[us]")
        tables["header"] = header.assign(SEX="1", ETHNIC="WBRI", file="header.csv", row=np.arange(len(header)) + 2)
    return Returns(tables, census, Findings.of([]), Treatments.of([]))


def days_of(table: pd.DataFrame, census: date, names: tuple[str, str, str]) -> dict[str, list[date]]:
    """Every child's days, one by one and with repeats, open rows through the census date: slow and plain."""
    child, start, end = names
    covered: dict[str, list[date]] = {}
    for who, begins, ends in table[[child, start, end]].itertuples(index=False):
        if pd.isna(begins):
            continue
        until = census + timedelta(days=1) if pd.isna(ends) else min(ends.date(), census + timedelta(days=1))
        length = max(0, (until - begins.date()).days)
        covered.setdefault(who, []).extend(begins.date() + timedelta(days=n) for n in range(length))
    return covered


@quietly
@given(any_returns())
def test_histories_never_overlap_and_stay_between_birth_and_eighteen(returns):
    table = build_episodes(returns)[0].table
    covered = days_of(table, returns.census_date, ("child", "start", "end"))
    for child, nights in covered.items():
        assert nights == sorted(set(nights))
        born = table.loc[table["child"].eq(child), "birth_date"].iloc[0]
        if not pd.isna(born):
            assert nights[0] >= born.date()
            assert (nights[-1].year - 18, nights[-1].month, nights[-1].day) < (born.year, born.month, born.day)


@quietly
@given(any_returns())
def test_every_child_day_is_kept_or_told_in_the_ledger(returns):
    episodes, treatments = build_episodes(returns)
    ledger = treatments.table
    sent = days_of(returns.tables["episodes"], returns.census_date, ("CHILD", "DECOM", "DEC"))
    left = days_of(episodes.table, returns.census_date, ("child", "start", "end"))
    assert ledger["child_days_before"].iloc[0] == sum(map(len, sent.values()))
    assert ledger["child_days_after"].iloc[-1] == sum(map(len, left.values()))
    assert ledger["child_days_before"].iloc[1:].tolist() == ledger["child_days_after"].iloc[:-1].tolist()
    untouched = ledger[ledger["rows_changed"].eq(0)]
    assert untouched["child_days_before"].tolist() == untouched["child_days_after"].tolist()
    assert (ledger["rows_changed"] <= ledger["rows_seen"]).all()


@quietly
@given(any_returns())
def test_no_day_in_care_is_invented(returns):
    episodes, _ = build_episodes(returns)
    sent = returns.tables["episodes"]
    doubtful = sent["DEC"] < sent["DECOM"]
    reach = sent.assign(DEC=sent["DEC"].mask(doubtful))
    possible = days_of(reach, returns.census_date, ("CHILD", "DECOM", "DEC"))
    for child, nights in days_of(episodes.table, returns.census_date, ("child", "start", "end")).items():
        assert set(nights) <= set(possible[child])


@quietly
@given(any_returns())
def test_within_a_period_each_placement_ends_the_day_the_next_starts(returns):
    table = build_episodes(returns)[0].table
    following = table.shift(-1)
    same_child = table["child"].eq(following["child"])
    same_period = same_child & table["period"].eq(following["period"])
    assert table.loc[same_period, "end"].eq(following.loc[same_period, "start"]).all()
    assert table.loc[same_period, "end_reason"].eq("continues").all()
    assert not table.loc[~same_period, "end_reason"].eq("continues").any()
    assert (following["period"] - table["period"])[same_child & ~same_period].eq(1).all()
    assert table.groupby("child")["period"].min().eq(1).all()
    assert (
        table.groupby(["child", "period"])["start"]
        .min()
        .equals(table.groupby(["child", "period"])["period_start"].max())
    )


@quietly
@given(any_returns())
def test_legal_statuses_cover_no_day_outside_a_placement(returns):
    episodes, _ = build_episodes(returns)
    placed = days_of(episodes.table, returns.census_date, ("child", "start", "end"))
    for child, nights in days_of(episodes.legal, returns.census_date, ("child", "start", "end")).items():
        assert set(nights) <= set(placed[child])


@quietly
@given(any_returns())
def test_checking_never_fails_and_counts_what_is_there(returns):
    findings = check_returns(returns).table
    longest = max(len(table) for table in returns.tables.values())
    assert findings["rows"].between(0, longest).all()
    assert (findings["child_days"] >= 0).all()


def as_returned_again(episodes: Episodes, year: int) -> Returns:
    """Histories written out as one return, in the return's own codes."""
    codes = {
        "RNE": ("start_reason", START_REASONS), "LS": ("legal_status", LEGAL_STATUSES), "CIN": ("need", NEEDS),
        "PLACE": ("placement", PLACEMENTS), "PLACE_PROVIDER": ("provider", PROVIDERS),
        "REC": ("end_reason", END_REASONS), "REASON_PLACE_CHANGE": ("move_reason", MOVE_REASONS),
    }  # fmt: skip
    table = episodes.table
    written = {
        code: table[name].map({entry.name: key for key, entry in listed.items()})
        for code, (name, listed) in codes.items()
    }
    homes = ("AT" + table["household"].astype("str")).where(table["household"].notna(), "")
    sent = pd.DataFrame({"CHILD": table["child"], "DECOM": table["start"], "DEC": table["end"], **written})
    sent = sent.assign(HOME_POST=homes, URN=table["provider_urn"], year=year, file="again.csv")
    sent = sent.assign(
        **{column: sent[column].astype("str").fillna("") for column in TEXTS}, row=np.arange(len(sent)) + 2
    )
    known = table.drop_duplicates("child")
    header = pd.DataFrame({"CHILD": known["child"], "DOB": known["birth_date"], "SEX": "1", "ETHNIC": "WBRI"})
    header = header.assign(year=year, file="header.csv", row=np.arange(len(header)) + 2)
    return Returns({"episodes": sent, "header": header}, episodes.census_date, Findings.of([]), Treatments.of([]))


@quietly
@given(any_returns())
def test_cleaning_what_is_clean_changes_nothing(returns):
    once, _ = build_episodes(returns)
    if once.table.empty:
        return
    twice, treatments = build_episodes(as_returned_again(once, 2018))
    aside = ["file", "row", "sex", "ethnic_group"]
    pd.testing.assert_frame_equal(twice.table.drop(columns=aside), once.table.drop(columns=aside))
    assert treatments.table["child_days_after"].eq(treatments.table["child_days_before"].iloc[0]).all()
