"""What rates come to: lengths of stay, flows and chances, against formulas and counts that stand elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from builders import a_placement, make_episodes
from demand.estimation.invented_histories import CENSUS, FIRST, play_histories, rates_that_vary
from scipy.linalg import expm

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.caseload import count_caseload
from cip_analysis.demand.estimation.reading import ReadingError
from cip_analysis.demand.inputs import GROUPS, Pathways
from cip_analysis.demand.pathways import describe_rates, estimate_pathways, flows_between, generator, mean_stay

FOSTER, KINSHIP = SETTINGS.index("in-house foster"), SETTINGS.index("kinship")
HOME = WAYS_OUT.index("returned home")


def known_rates(days=1000.0):
    """Two settings: from foster 4 go home and 6 move to kinship in `days`; from kinship 2 go home; else 1 leaves."""
    cells = (len(GROUPS), 1, len(AGE_BANDS), len(SETTINGS))
    leave, move = np.zeros((*cells, len(WAYS_OUT))), np.zeros((*cells, len(SETTINGS)))
    leave[..., HOME] = 1
    leave[..., FOSTER, HOME], leave[..., KINSHIP, HOME], move[..., FOSTER, KINSHIP] = 4, 2, 6
    return Pathways((), np.full(cells, days), leave, move, FIRST, CENSUS)


@pytest.fixture(scope="module")
def played():
    chance = np.random.default_rng(11)
    return play_histories(chance, 600, rates_that_vary(chance))


def test_a_stay_lasts_as_long_as_one_over_the_rate_of_ending_it():
    stays = mean_stay(known_rates()).set_index("setting")["days"]
    assert stays[["in-house foster", "kinship", "other"]].tolist() == pytest.approx([100, 500, 1000])


def test_the_interval_of_a_stay_holds_it_and_is_wide_where_little_was_seen(played):
    stays = mean_stay(estimate_pathways(played, FIRST, CENSUS)).set_index("setting")
    assert (stays["low"] < stays["days"]).all() and (stays["days"] < stays["high"]).all()
    width = stays["high"] / stays["low"]
    assert width["in-house foster"] < 1.4 < width["secure and health"]


def test_the_chances_after_some_days_are_the_matrix_exponential_and_agree_with_the_formula_for_two_steps():
    """From foster by way of kinship: rates .004 and .006 out of foster, .002 out of kinship; Bateman's equations."""
    rates = generator(known_rates(), 0, 0, 2)
    assert rates.sum(axis=1) == pytest.approx(0, abs=1e-15) and (rates[len(SETTINGS) :] == 0).all()
    after = expm(rates * 200)[FOSTER]
    assert after[FOSTER] == pytest.approx(np.exp(-2.0))
    in_kinship = 0.006 / (0.01 - 0.002) * (np.exp(-0.4) - np.exp(-2.0))
    assert after[KINSHIP] == pytest.approx(in_kinship)
    assert after[len(SETTINGS) + HOME] == pytest.approx(1 - np.exp(-2.0) - in_kinship)


def test_a_chance_a_year_and_its_interval_are_those_of_the_gamma_rate():
    row = describe_rates(known_rates()).query("setting == 'in-house foster' and to == 'returned home'").iloc[0]
    assert row["chance_a_year"] == pytest.approx(1 - np.exp(-0.004 * 365.25))
    assert row["low"] == pytest.approx(1 - np.exp(-2.1797 / 2 / 1000 * 365.25), rel=1e-4), "chi-squared, 8 degrees"
    assert row["high"] == pytest.approx(1 - np.exp(-17.5345 / 2 / 1000 * 365.25), rel=1e-4)
    assert np.isnan(row["events"]), "nothing was seen of rates that were not estimated"


def test_every_rate_is_described_once_beside_what_was_seen_of_it(played):
    pathways = estimate_pathways(played, FIRST, CENSUS, (56,))
    table = describe_rates(pathways)
    cells = ["group", "duration", "setting", "age_band"]
    assert not table.duplicated([*cells, "event", "to"]).any()
    assert len(table) == len(GROUPS) * 2 * len(SETTINGS) * len(AGE_BANDS) * (len(WAYS_OUT) - 1 + len(SETTINGS) - 1)
    assert list(table["duration"].unique()) == ["under 56 days", "56 days and over"]
    assert (table["to"] != "turned 18").all() and (table["to"] != table["setting"]).all()
    seen = pathways.seen
    assert table["events"].sum() == seen.leave[..., :-1].sum() + seen.move.sum()
    assert table.drop_duplicates(cells)["child_years"].sum() == pytest.approx(seen.days.sum() / 365.25)


def test_flows_are_the_starts_moves_and_ceases_of_the_count(played):
    flows = flows_between(played, date(2015, 3, 31), date(2017, 3, 31))
    counted = count_caseload(played, date(2015, 4, 1), date(2017, 3, 1)).table
    outside, left = flows["from"] == "outside care", flows["to"].isin(WAYS_OUT)
    assert flows.loc[outside, "children"].sum() == counted["starts"].sum()
    assert flows.loc[left, "children"].sum() == counted["ceases"].sum()
    assert flows.loc[~outside & ~left, "children"].sum() == counted["moves_in"].sum() > 0
    assert (flows["children"] > 0).all()
    assert flows["children_a_year"].sum() == pytest.approx(flows["children"].sum() / (731 / 365.25))


def test_flows_of_a_window_that_is_empty_or_unknown_are_refused():
    episodes = make_episodes([a_placement()])
    for window in ((date(2018, 3, 31), date(2018, 3, 31)), (date(2017, 3, 31), date(2018, 4, 1))):
        with pytest.raises(ReadingError, match="no later than the census date"):
            flows_between(episodes, *window)


def test_nobody_can_leave_or_move_out_of_rates_of_nought():
    still = replace(known_rates(), leave=known_rates().leave * 0, move=known_rates().move * 0)
    assert (generator(still, 1, 0, 0) == 0).all() and mean_stay(still)["days"].isna().all()
    assert (describe_rates(still)[["chance_a_year", "low", "high"]] == 0).all(axis=None)
