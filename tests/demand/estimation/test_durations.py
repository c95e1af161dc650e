"""Whether time in care earns its place: found where it matters, and not where it does not."""

from __future__ import annotations

import numpy as np
import pytest
from demand.estimation.invented_histories import CENSUS, FIRST, play_histories, rates_that_vary

from cip_analysis.demand.estimation.durations import score_rates
from cip_analysis.demand.estimation.stays import build_stays
from cip_analysis.demand.pathways import PathwaysError, estimate_pathways, weigh_durations


def gains(early):
    """Mean gain per 100 events over origins, by edges, in a history whose first 56 days differ by `early`."""
    chance = np.random.default_rng(21)
    episodes = play_histories(chance, 900, rates_that_vary(chance), edges=(56,), early=early)
    weighed = weigh_durations(episodes, FIRST)
    assert set(weighed.groupby("origin").size()) == {4} and weighed["origin"].nunique() == 4
    assert (weighed.loc[weighed["edges"] == "none", "gain"] == 0).all()
    return weighed.groupby("edges")["gain_per_100_events"].mean()


def test_durations_that_matter_are_found_and_the_true_edge_is_best():
    gained = gains(early=6.0)
    assert gained["56"] > 5 and gained.idxmax() in ("56", "56, 365, 1096")
    assert gained["56"] > gained["183"]


def test_durations_that_do_not_matter_gain_nothing_and_cost_little():
    gained = gains(early=1.0)
    assert (gained.drop("none") < 1).all() and (gained > -4).all()


def test_the_score_is_the_likelihood_of_the_events_under_the_rates():
    """With one rate for all, log-likelihood = events x log(rate) - rate x nights."""
    chance = np.random.default_rng(2)
    episodes = play_histories(chance, 300, rates_that_vary(chance))
    pathways = estimate_pathways(episodes, FIRST, CENSUS)
    seen = pathways.seen
    level = type(pathways)((), np.full_like(pathways.days, 1000), np.ones_like(pathways.leave),
                           np.ones_like(pathways.move), FIRST, CENSUS)  # fmt: skip
    events, likelihood = score_rates(level, build_stays(episodes), FIRST, CENSUS)
    assert events == seen.leave[..., :-1].sum() + seen.move.sum() > 100
    assert likelihood == pytest.approx(events * np.log(0.001) - 0.018 * seen.days.sum())


def test_too_short_a_history_is_refused_with_what_to_do():
    chance = np.random.default_rng(2)
    with pytest.raises(PathwaysError, match="takes 3 years"):
        weigh_durations(play_histories(chance, 20, rates_that_vary(chance)), CENSUS.replace(year=2016))
