from __future__ import annotations

from dataclasses import replace

import pytest
from builders import ROOT
from pydantic import ValidationError

from cip_analysis import equality_account as account
from cip_analysis.appraisal_account import list_packages
from cip_analysis.equality_settings import EqualityFile, Theme, Views
from cip_analysis.run import open_run
from cip_analysis.settings import read_settings

RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
pytestmark = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


@pytest.fixture(scope="module")
def county():
    return open_run(str(RUN), check=False)


def test_rates_are_worked_from_rounded_counts(county):
    rates = account.rate_groups(county, "age band")
    assert (rates["children"] % county.disclosure.rounding_base == 0).all()
    assert rates["rate_per_10k"].tolist() == pytest.approx((rates["children"] / rates["people"] * 1e4).tolist())
    assert set(rates["basis"]) == {"published"}
    assert set(account.rate_groups(county, "sex")["basis"]) == {"judged"}


def test_no_population_by_ethnic_group_is_made_up(county):
    assert account.rate_groups(county, "ethnic group").empty


def test_every_group_with_children_is_told_once(county):
    shares = account.share_groups(county)
    everyone = shares[shares["by"].eq("sex")]["children"].sum()
    assert shares.groupby("by")["children"].sum().eq(everyone).all()


def test_who_packages_are_for_adds_up_to_who_is_looked_after(county):
    reached = account.reach_groups(county)
    by_sex = reached[reached["group"].str.startswith("sex")].groupby("package")["children"].sum()
    assert by_sex.nunique() == 1
    assert (reached["children_reached"] <= reached["children"]).all()
    few = reached["package"].eq("Supported accommodation at 16 and over")
    assert reached.loc[few, "share_of_reached"].isna().all()


def test_another_council_has_no_file_and_no_rows(county):
    other = replace(county, own_data=False)
    assert account.rate_groups(other, "age band").empty
    assert account.list_actions(other).empty
    assert account.reach_groups(other).empty
    assert account.open_views(other) is None


def test_views_stand_in_order_of_priority_and_nobody_is_lost(county):
    views = account.open_views(county)
    listed = account.list_views(views)
    counted = [name for name in listed if name.endswith("_children")]
    assert listed[counted].to_numpy().sum() == sum(sum(one.said.values()) for one in views.themes)
    assert listed["priority"].tolist() == ["1", "2", "3", "4", "5"]
    assert views.synthetic


def test_a_theme_nobody_answers_says_so(county):
    beside = account.views_beside_money(account.open_views(county), list_packages(county, "config/work_packages"))
    last = beside.iloc[-1]
    assert last["answered_by"] == "no package yet"
    assert last[["capital_gbp", "running_cost_gbp"]].isna().all()


def test_a_title_names_only_what_is_sure(county):
    rates = account.rate_groups(county, "age band")
    shown = account.show_rates(rates)
    assert "16 and over" in account.say_rates(rates, shown)
    hidden = shown.assign(rate_per_10k=shown["rate_per_10k"].where(shown["group"].ne("16 and over")))
    assert "16 and over" not in account.say_rates(rates, hidden)
    sexes = account.rate_groups(county, "sex")
    assert account.say_rates(sexes, account.show_rates(sexes)) == "No group stands surely above or below all others"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gathered_to": "2018-01-01"}, "lies before gathered_from"),
        (
            {"themes": [{"theme": "a", "priority": 1, "said": {}}, {"theme": "b", "priority": 1, "said": {}}]},
            "priorities",
        ),
        ({"themes": [{"theme": "a", "priority": 1, "said": {"by post": 3}}]}, "by post"),
        ({"themes": [{"theme": "a", "priority": 1, "said": {"focus group": -1}}]}, "focus group"),
    ],
)
def test_a_record_of_views_that_cannot_be_is_refused(changes, words):
    told = {"title": "t", "gathered_from": "2018-03-01", "gathered_to": "2018-06-01", "source": "s", "owner": "o",
            "themes": [Theme(theme="a", priority=1, said={"focus group": 3}).model_dump()]}  # fmt: skip
    with pytest.raises(ValidationError, match=words):
        Views.model_validate({**told, **changes})


def test_a_group_named_twice_is_refused():
    group = {"characteristic": "sex", "group": "male", "people": 10, "source": "s"}
    with pytest.raises(ValidationError, match="sex: male is among the population more than once"):
        EqualityFile.model_validate({"title": "t", "as_of": "2018-01-01", "owner": "o", "population": [group, group]})


def test_the_file_shipped_says_where_every_figure_is_from():
    held = read_settings(ROOT / "config" / "equality" / "leicestershire.toml", EqualityFile)
    assert all(one.source for one in held.population)
    assert held.actions
