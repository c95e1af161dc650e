from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import ROOT

from cip_analysis import appraisal_account as account
from cip_analysis.forecasts import asked_of, forecast_run
from cip_analysis.run import open_run
from cip_analysis.work_package_settings import Cohort

FOLDER = "config/work_packages"
DRAWS = 60
RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
pytestmark = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """The default run, keeping its results in a folder of its own, and no scenario of it played."""
    root = tmp_path_factory.mktemp("root")
    (root / "config").symlink_to(ROOT / "config")
    return replace(open_run(str(RUN), check=False), scenarios=(), root=root)


@pytest.fixture(scope="module")
def ahead(county):
    return forecast_run(county, asked_of(county, draws=DRAWS))


@pytest.fixture(scope="module")
def every(county, ahead):
    return {one.package.key: one for one in account.open_packages(county, ahead, FOLDER)}


def test_every_option_of_every_package_is_played(every):
    assert len(every) == 5
    for weighed in every.values():
        assert list(weighed.options) == [option.key for option in weighed.package.options]
        assert weighed.left_out == ()


def test_doing_nothing_is_exactly_nought_on_the_real_forecast(every):
    for weighed in every.values():
        assert not weighed.options["do-nothing"].npsv.any()


def test_the_pieces_of_a_package_add_up_in_every_draw(every):
    for weighed in every.values():
        for one in weighed.options.values():
            assert one.npsv == pytest.approx(one.benefit - one.cost)


def test_the_same_draws_give_the_same_worth(county, ahead, every):
    again = account.weigh_package(county, ahead, every["fostering"].package)
    assert (again.preferred.npsv == every["fostering"].preferred.npsv).all()


def test_more_children_stepped_down_save_more_before_costs(every):
    options = every["assessment-and-resource-team"].options
    assert options["partnership"].basis.saved.sum() > options["in-house"].basis.saved.sum() > 0


def test_packages_played_together_save_no_more_than_a_little_over_their_sum(county, ahead, every):
    """Levers on the same children leave less for each other; the rest is the luck of sixty draws."""
    together, summed = account.weigh_together(county, ahead, list(every.values()))
    assert together.shape == summed.shape == (DRAWS, 4)
    assert together.mean(axis=0)[-1] < summed.mean(axis=0)[-1] * 1.02


def test_one_package_alone_is_the_same_together(county, ahead, every):
    together, summed = account.weigh_together(county, ahead, [every["residential-homes"]])
    assert together == pytest.approx(summed)


def test_a_cohort_is_counted_on_the_census_date(county):
    everyone = account.count_cohort(county, Cohort(children="all"))
    parts = [account.count_cohort(county, Cohort(children="some", ages=(age,))) for age in
             ("under 1", "1 to 4", "5 to 9", "10 to 15", "16 and over")]  # fmt: skip
    assert sum(parts) == everyone
    assert account.count_cohort(county, Cohort(children="homes", settings=("external residential",))) == 63


def test_inflation_turns_real_pounds_into_those_of_each_year(every):
    inflation = every["fostering"].inflation
    assert inflation[0] > 1  # 2018/19 beside 2017/18
    assert (np.diff(inflation) > 0).all()


def test_other_returns_have_no_packages_and_a_reason(county, ahead):
    other = replace(county, own_data=False)
    assert "are not about those children" in account.why_not(other, ahead)
    assert account.open_packages(other, ahead, FOLDER) == ()
    with pytest.raises(account.AppraisalAccountError, match="not about those children"):
        account.weigh_package(other, ahead, account.read_package(county, f"{FOLDER}/fostering.toml"))


def test_a_package_outside_the_forecast_is_refused(county, ahead):
    package = account.read_package(county, f"{FOLDER}/fostering.toml").model_copy(update={"first_year": 2015})
    with pytest.raises(account.AppraisalAccountError, match="begins in the year to March 2015"):
        account.weigh_package(county, ahead, package)


def test_an_empty_folder_is_refused(county):
    with pytest.raises(account.AppraisalAccountError, match="No work package in docs"):
        account.list_packages(county, "docs")
