"""Forecasts of starts: exact where a hand can follow, true where a truth was invented, and sound on any history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, a_placement, make_episodes
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, kstest

from cip_analysis.demand import starts
from cip_analysis.demand.arrivals.chance import dispersion, noise, year_by_year
from cip_analysis.demand.arrivals.own_drift import LASTING_SD
from cip_analysis.demand.arrivals.season import fit_season
from cip_analysis.demand.caseload import CaseloadError, count_year_flows
from cip_analysis.demand.inputs import month_ends, stream
from cip_analysis.demand.starts import (
    DAMPING_A_YEAR,
    METHODS,
    Drift,
    StartsAhead,
    StartsError,
    StartsHistory,
    count_starts,
    drift_path,
    estimate_drift,
    forecast_starts,
    unevenness,
)

STILL = Drift(0.0, 0.0, 0.0, 0.0, "nothing moves")
PANEL = Drift(0.11, 0.09, 0.06, 0.05, "invented")
NO_POPULATION = pd.Series(dtype="float64")


def a_history(counts, unaccompanied=None, first=date(2014, 4, 30), **changes) -> StartsHistory:
    """Months on end from the first, with these counts of children; nobody unaccompanied unless told."""
    counts = np.asarray(counts, dtype="int64")
    others = np.zeros_like(counts) if unaccompanied is None else np.asarray(unaccompanied, dtype="int64")
    return StartsHistory(month_ends(first, len(counts) - 1), counts, others, **changes)


def asked(months=24, draws=2000, drift=STILL, **changes) -> StartsAhead:
    return StartsAhead(months, draws, 7, drift, **changes)


def by_year(made):
    return made.reshape(len(made), -1, 12).sum(axis=2)


# ---- identities and examples by hand --------------------------------------------------------------------------


def test_a_constant_rates_posterior_is_the_gamma_a_hand_gives():
    """Two a month for a year: 24 1/2 children in 365 days, so a month of 30 days has a gamma of mean 24.5 x 30/365."""
    made, _, notes = forecast_starts(a_history([2] * 12), asked(months=12, draws=20_000), "constant rate")
    assert kstest(made[:, 0], gamma(24.5, scale=30 / 365).cdf).pvalue > 0.01
    days = [month.day for month in month_ends(date(2015, 3, 31), 12)[1:]]
    assert made.mean(axis=0) == pytest.approx(24.5 * np.array(days) / 365, rel=0.01)
    assert made[:, 1] / made[:, 0] == pytest.approx(31 / 30)
    assert notes == ("No unaccompanied child started in 12 months: half a child over that time is taken.",)


def test_siblings_widen_the_posterior_as_fewer_independent_arrivals_would():
    alone, together = (
        forecast_starts(a_history([6] * 24, siblings=size), asked(draws=40_000), "constant rate")[0][:, 0]
        for size in (1.0, 2.25)
    )
    assert together.mean() == pytest.approx(alone.mean(), rel=0.01)
    assert together.std() / alone.std() == pytest.approx(1.5, rel=0.03)


def test_unevenness_is_what_siblings_and_poisson_leave_over():
    """Months of 0 and 4 about 2: squared misses 4 x 12, by 12/11; less 1.5 x 24 for siblings; over 4 x 12."""
    counts = np.array([0, 4] * 6)
    assert unevenness(counts, np.full(12, 2.0), 1.5) == pytest.approx((48 * 12 / 11 - 36) / 48)
    assert unevenness(counts, np.full(12, 2.0), 3.0) == 0.0
    assert dispersion(np.full(12, 2.0), 0.5, 1.5) == pytest.approx(1.5 + 0.5 * 2)


def test_a_years_growth_is_not_taken_for_unevenness():
    history = a_history([10] * 12 + [20] * 12)
    assert year_by_year(history.children, history.days)[[0, -1]] == pytest.approx([120 * 30 / 365, 240 * 31 / 366])
    assert unevenness(history.children, year_by_year(history.children, history.days), 1.0) == 0.0


def test_starts_are_counted_as_the_caseload_counts_them_with_siblings_and_unaccompanied_told_apart():
    rows = [
        a_placement(child="1", start="2016-06-01", household=1),
        a_placement(child="2", start="2016-06-01", household=1),
        a_placement(child="3", start="2016-06-09", end="2016-08-01", household=None),
        a_placement(child="3", start="2017-01-31", period=2, household=None),
        a_placement(child="4", start="2016-07-02", uasc=True, household=None),
        a_placement(child="5", start="2016-07-03", respite=True, legal_status="respite series, each stay"),
        a_placement(child="6", start="2016-03-31", household=None),
    ]
    episodes = make_episodes(rows)
    history = count_starts(episodes, date(2016, 4, 1), date(2017, 3, 31), NO_POPULATION)
    assert history.months[0] == date(2016, 4, 30)
    assert history.children.tolist() == [0, 0, 3, 0, 0, 0, 0, 0, 0, 1, 0, 0]
    assert history.unaccompanied.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert history.children.sum() + history.unaccompanied.sum() == count_year_flows(episodes, 2017).starts
    assert history.siblings == pytest.approx((2**2 + 1 + 1) / 4)
    assert history.siblings_unaccompanied == 1.0


def test_part_months_at_either_end_are_left_out_and_nothing_after_the_census_is_counted():
    episodes = make_episodes([a_placement()])
    history = count_starts(episodes, date(2015, 4, 2), date(2017, 3, 30), NO_POPULATION)
    assert (history.months[0], history.months[-1]) == (date(2015, 5, 31), date(2017, 2, 28))
    with pytest.raises(CaseloadError, match="not over on the census date"):
        count_starts(episodes, date(2015, 4, 1), date(2019, 3, 31), NO_POPULATION)


def test_a_stated_path_is_met_on_average_year_by_year():
    history = a_history([20, 30, 10, 20] * 9)
    made, _, _ = forecast_starts(history, asked(36, 20_000, PANEL, stated=(240, 300, 0)), "stated path")
    assert by_year(made).mean(axis=0) == pytest.approx([240, 300, 0], rel=0.01)
    exact, _, _ = forecast_starts(a_history([20] * 36), asked(12, 3, stated=(365,)), "stated path")
    days = [month.day for month in month_ends(history.months[-1], 12)[1:]]
    assert exact == pytest.approx(np.tile(days, (3, 1)))


# ---- drift and noise ------------------------------------------------------------------------------------------


def test_a_drift_has_a_mean_of_one_every_month_and_the_stated_sd_after_a_year():
    path = drift_path(0.2, 48, 40_000, stream(1, "test"))
    logs = np.log(path)
    assert path.mean(axis=0) == pytest.approx(np.ones(48), abs=0.01)
    assert logs[:, 11].std() == pytest.approx(0.2, rel=0.02)
    assert logs[:, 47].std() == pytest.approx(0.4, rel=0.02)
    assert np.corrcoef(logs[:, 11], logs[:, 23] - logs[:, 11])[0, 1] == pytest.approx(0, abs=0.02)


def test_a_longer_drift_begins_as_a_shorter_one_and_none_is_exactly_one():
    short, long = (drift_path(0.2, months, 50, stream(1, "test")) for months in (12, 60))
    assert (long[:, :12] == short).all()
    assert (drift_path(0.0, 12, 5, stream(1, "test")) == 1).all()


@pytest.mark.parametrize("uneven", [0.0, 0.05, 0.2])
def test_a_years_noise_is_the_panels_however_much_of_it_the_months_already_hold(uneven):
    """With 0.2 the months alone make a year uneven by 0.129, beyond the panel's 0.09: nothing is added to that."""
    yearly = noise(uneven, asked(24, 40_000, PANEL), "test").reshape(-1, 2, 12).mean(axis=2)
    assert yearly.mean() == pytest.approx(1, abs=0.005)
    assert yearly[:, 0].std() == pytest.approx(max(0.09, np.sqrt(uneven / 12)), rel=0.03)
    assert np.corrcoef(yearly.T)[0, 1] == pytest.approx(0, abs=0.02)


# ---- truths invented and found again --------------------------------------------------------------------------


def test_counts_played_from_a_forecast_scatter_as_the_history_does():
    """Unevenness is not counted twice: households played on the draws give back the history's own variance."""
    rng = np.random.default_rng(2)
    size = np.array([1, 1, 1, 3])
    siblings = float((size**2).mean() / size.mean())
    factor = rng.gamma(1 / 0.08, 0.08, 3600)
    counts = np.array([rng.choice(size, rng.poisson(20 / size.mean() * each)).sum() for each in factor])
    history = a_history(counts, first=date(1720, 1, 31), siblings=siblings)
    assert unevenness(counts, year_by_year(counts, history.days), siblings) == pytest.approx(0.08, rel=0.15)
    made = forecast_starts(history, asked(12, 4000), "constant rate")[0]
    played = np.array([rng.choice(size, rng.poisson(each / size.mean())).sum() for each in made.ravel()])
    assert played.mean() == pytest.approx(counts.mean(), rel=0.02)
    assert played.var() == pytest.approx(counts.var(), rel=0.1)


def test_a_season_and_a_growing_population_are_found_again():
    months = month_ends(date(1990, 1, 31), 12 * 20 - 1)
    population = pd.Series(100_000 * 1.02 ** np.arange(25), index=range(1988, 2013))
    when = np.array([month.year + (month.month - 0.5) / 12 for month in months])
    people = 100_000 * 1.02 ** (when - 1987.5)
    wave = 0.3 * np.sin(2 * np.pi * (when % 1))
    mean = 2e-5 * people * [month.day for month in months] * np.exp(wave)
    history = a_history(np.random.default_rng(3).poisson(mean), first=months[0], population=population)
    fitted = fit_season(history)
    assert fitted is not None
    assert fitted.params == pytest.approx([np.log(2e-5), 0.3, 0, 0, 0], abs=0.02)
    made, _, notes = forecast_starts(history, asked(48, 4000), "population and season")
    ahead = month_ends(months[-1], 48)[1:]
    when = np.array([month.year + (month.month - 0.5) / 12 for month in ahead])
    truth = 2e-5 * 100_000 * 1.02 ** (when - 1987.5) * [month.day for month in ahead]
    assert made.mean(axis=0) == pytest.approx(truth * np.exp(0.3 * np.sin(2 * np.pi * (when % 1))), rel=0.05)
    assert not any("season" in note for note in notes)


def test_a_regressions_uncertainty_is_as_wide_as_its_histories_scatter():
    """Sixty histories of one truth: where the centre of each misses to is what each said of itself."""
    rng = np.random.default_rng(4)
    centres, said = [], []
    for _ in range(60):
        made = METHODS["population and season"](a_history(rng.poisson(20, 48)), asked(12, 400))
        centres.append(made[:, 5].mean())
        said.append(made[:, 5].std())
    assert np.mean(said) == pytest.approx(np.std(centres), rel=0.3)


def test_a_councils_own_drift_is_found_and_shrunk_as_the_formula_says():
    """Three years at e^0.3 a year, no walk, no noise: weights are the counts, so least squares can be done by hand."""
    first = 100
    counts = np.concatenate([np.full(12, round(first * np.exp(0.3 * year))) for year in range(3)])
    history = a_history(counts)
    own = estimate_drift(history, STILL)
    yearly, days = (each.reshape(3, 12).sum(axis=1) for each in (history.children, history.days))
    at, weight, logs = np.array([-2.5, -1.5, -0.5]), yearly + 0.5, np.log((yearly + 0.5) / days)
    middle = (weight * at).sum() / weight.sum()
    squares = (weight * (at - middle) ** 2).sum()
    slope = (weight * (at - middle) * logs).sum() / squares
    kept = LASTING_SD**2 / (LASTING_SD**2 + 1 / squares)
    assert own.raw_drift == pytest.approx(slope) == pytest.approx(0.3, abs=0.01)
    assert own.kept == pytest.approx(kept)
    assert own.drift == pytest.approx(kept * slope)
    assert own.covariance[1, 1] == pytest.approx(kept / squares)


def test_the_more_starts_wander_in_the_panel_the_more_the_last_year_counts_and_the_less_drift_is_kept():
    history = a_history([20] * 36 + [30] * 12)
    held = [estimate_drift(history, replace(PANEL, starts_sd=sd, starts_noise_sd=0.0)) for sd in (0.0, 0.1, 4.0)]
    levels = [np.exp(own.log_level) * 365 / 12 for own in held]
    assert levels[0] == pytest.approx(25.1, abs=0.1)
    assert levels[0] < levels[1] < levels[2]
    # a walk known by its yearly means alone ends beyond the last of them by 2 - root 3 of its last step
    assert levels[2] == pytest.approx(30 * 1.5 ** (2 - np.sqrt(3)), rel=0.003)
    assert held[0].kept > held[1].kept > held[2].kept


def test_a_drift_carried_on_halves_each_year():
    counts = np.concatenate([np.full(12, 400 + 60 * year) for year in range(5)])
    history = a_history(counts)
    own = estimate_drift(history, STILL)
    made = METHODS["shrunken drift"](history, asked(240, 4000))
    rate = made.mean(axis=0) / [month.day for month in month_ends(history.months[-1], 240)[1:]]
    in_all = own.drift / -np.log(DAMPING_A_YEAR)
    assert np.log(rate[-1]) - own.log_level == pytest.approx(in_all, abs=0.005)
    half_way = (np.log(rate[11]) + np.log(rate[12])) / 2 - own.log_level
    assert half_way == pytest.approx(in_all / 2, abs=0.005)


def test_unaccompanied_children_go_by_their_own_last_two_years_and_nothing_else():
    few = a_history([20] * 48, [9] * 24 + [1] * 24)
    many = a_history([90] * 48, [0] * 24 + [1] * 24)
    one, other = (forecast_starts(history, asked(), "constant rate")[1] for history in (few, many))
    assert (one == other).all()
    assert one[:, 0].mean() == pytest.approx(24.5 * 30 / 731, rel=0.02)


# ---- chance that can be repeated ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_numbers_another_seed_others_and_a_longer_look_begins_alike(method):
    history = a_history(np.random.default_rng(5).poisson(18, 48), [1, 0] * 24)
    first, again, longer, other = (
        forecast_starts(history, StartsAhead(months, 50, seed, PANEL, (200.0,) * (months // 12)), method)[0]
        for months, seed in ((12, 7), (12, 7), (24, 7), (12, 8))
    )
    assert (first == again).all()
    assert longer[:, :12] == pytest.approx(first)
    assert not np.isclose(first, other).any()


def test_adding_a_method_moves_no_others_numbers(monkeypatch):
    history, ahead = a_history(np.random.default_rng(5).poisson(18, 48)), asked(12, 50, PANEL, stated=(200.0,))
    before = {name: forecast_starts(history, ahead, name)[:2] for name in METHODS}

    def twice(history, ahead):
        return 2 * METHODS["constant rate"](history, ahead) + stream(ahead.seed, "starts twice").random((50, 12))

    monkeypatch.setattr(starts, "METHODS", {"twice": twice, **METHODS})
    assert forecast_starts(history, ahead, "twice")[0].shape == (50, 12)
    for name, (children, unaccompanied) in before.items():
        after = forecast_starts(history, ahead, name)
        assert (after[0] == children).all()
        assert (after[1] == unaccompanied).all()


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 400), min_size=12, max_size=60),
    months=st.integers(1, 61),
    draws=st.integers(1, 20),
    panel=st.sampled_from([STILL, PANEL]),
    siblings=st.floats(1, 4),
    people=st.sampled_from([NO_POPULATION, pd.Series({2016: 9e4}), pd.Series({2015: 1e5, 2017: 1.1e5})]),
)
def test_any_history_gives_finite_starts_never_below_nought(counts, months, draws, panel, siblings, people):
    history = a_history(counts, counts[::-1], siblings=siblings, population=people)
    ahead = asked(months, draws, panel, stated=(100.0,) * -(-months // 12))
    kept = history.children.copy()
    for method in METHODS:
        children, unaccompanied, notes = forecast_starts(history, ahead, method)
        for made in (children, unaccompanied):
            assert made.shape == (draws, months)
            assert np.isfinite(made).all()
            assert (made >= 0).all()
        assert all(note.endswith(".") for note in notes)
    assert (history.children == kept).all()


# ---- what cannot be forecast, and what is said ----------------------------------------------------------------


def test_too_short_a_history_and_a_missing_month_are_refused():
    with pytest.raises(StartsError, match=r"11 whole months of starts are too few.*12 are needed"):
        a_history([5] * 11)
    months = month_ends(date(2016, 4, 30), 12)
    with pytest.raises(StartsError, match="1 of 13 months missing"):
        StartsHistory((*months[:4], *months[5:], date(2017, 5, 31)), np.full(13, 5), np.zeros(13, dtype="int64"))
    with pytest.raises(StartsError, match="12 counts of unaccompanied for 13 months"):
        StartsHistory(months, np.full(13, 5), np.zeros(12, dtype="int64"))


def test_counts_below_nought_blank_population_and_no_time_ahead_are_refused():
    with pytest.raises(StartsError, match="1 months have fewer than no children"):
        a_history([5] * 11 + [-1])
    with pytest.raises(StartsError, match="blank or nought in 2 years"):
        a_history([5] * 12, population=pd.Series({2015: 1e5, 2016: float("nan"), 2017: 0.0}))
    with pytest.raises(StartsError, match="0 months ahead"):
        asked(months=0)


def test_an_unknown_method_is_refused_and_the_known_ones_listed():
    with pytest.raises(StartsError, match=r"called 'crystal ball'.*constant rate, population and season"):
        forecast_starts(a_history([5] * 12), asked(), "crystal ball")


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ((), "No path of starts is stated"),
        ((200.0,), "1 years of starts are stated for 2 years ahead"),
        ((200.0, -1.0), "1 of the stated years of starts are below nought"),
        ((200.0, float("nan")), "or not numbers"),
    ],
)
def test_a_stated_path_of_the_wrong_length_or_below_nought_is_refused(stated, why):
    with pytest.raises(StartsError, match=why):
        forecast_starts(a_history([5] * 12), asked(13, stated=stated), "stated path")


@pytest.mark.parametrize("counts", [[20] * 23, [1] * 48, [60] + [0] * 47], ids=["short", "thin", "one month"])
def test_where_no_season_can_be_told_the_rate_is_constant_and_the_page_says_so(counts):
    history = a_history(counts, [1] * len(counts))
    made, _, notes = forecast_starts(history, asked(), "population and season")
    assert (made == forecast_starts(history, asked(), "constant rate")[0]).all()
    assert len(notes) == 1
    assert "forecast at a constant rate" in notes[0]


def test_noughts_a_single_year_and_no_population_are_each_said():
    nobody, one_year, four = (
        a_history(counts, [1] * len(counts)) for counts in ([0] * 12, [9] * 14, [20, 21, 19, 22] * 12)
    )
    made, _, notes = forecast_starts(nobody, asked(12), "constant rate")
    assert notes == ("No child started in 12 months: a rate of half a child over that time is taken.",)
    assert made.sum(axis=1).mean() == pytest.approx(0.5, rel=0.1)
    assert "tells no drift" in forecast_starts(one_year, asked(), "shrunken drift")[2][0]
    assert estimate_drift(one_year, PANEL).drift == 0.0
    assert "by season only" in forecast_starts(four, asked(), "population and season")[2][0]


@pytest.mark.skipif(not (ROOT / "data/synthetic/leicestershire").exists(), reason="the invented county is not made")
def test_every_method_forecasts_the_invented_county_within_reach_of_its_last_years(monkeypatch):
    from cip_analysis.run import open_run

    monkeypatch.chdir(ROOT)
    county = open_run("config/runs/autumn-2018.toml")
    history = count_starts(county.episodes, date(2014, 4, 1), county.as_at, NO_POPULATION)
    lately = history.children.reshape(4, 12).sum(axis=1)
    for method in METHODS:
        made = by_year(forecast_starts(history, asked(48, 2000, PANEL, stated=(231,) * 4), method)[0])
        assert (0.85 * lately.min() < made.mean(axis=0)).all()
        assert (made.mean(axis=0) < 1.15 * lately.max()).all()
        assert (made.std(axis=0) < 0.35 * lately.mean()).all()
