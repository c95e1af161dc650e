"""The invented county's own rises and premiums, come back from its payments file as a council would send it."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest
from builders import a_placement, make_episodes
from synthetic.invented import the_council

from cip_analysis.money.pricing.fees import fee_lines
from cip_analysis.money.pricing.pools import fee_pools
from cip_analysis.money.pricing.trend import framework_premium, price_trend
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.finance import match_payments, read_payments
from cip_analysis.synthetic.county import invent_county
from cip_analysis.synthetic.files import invent_identities
from cip_analysis.synthetic.history import Histories
from cip_analysis.synthetic.payments import OFF_FRAMEWORK, OTHER_RISE, YEARLY_RISE, invent_payments, stays_of
from cip_analysis.synthetic.totals.targets import read_targets
from cip_analysis.synthetic.write import REFERENCE

SEEDS = (1, 2, 3)
SETTINGS_TOLD = ("external residential", "independent foster", "16+ supported", "in-house foster", "kinship")


@cache
def the_county() -> Histories:
    return invent_county(the_council(), read_targets(REFERENCE, the_council()), seed=7, years=(2011, 2018))


def as_returned(county: Histories, seed: int) -> Episodes:
    """The stays paid for as a return would give them, under that seed's child numbers."""
    stays = stays_of(county)
    born = county.children.set_index("child")["birth_date"]
    rows = [
        a_placement(child=child, start=stay.start, end=None if stay.open else stay.end, provider_urn=stay.urn or None,
                    setting=stay.setting, birth_date=born[stay.child])
        for child, stay in zip(stays["child"].map(invent_identities(county.children, seed).ids), stays.itertuples(),
                               strict=True)
    ]  # fmt: skip
    return make_episodes(rows)


@pytest.fixture(scope="module")
def paid(tmp_path_factory) -> list[tuple[Payments, Episodes]]:
    """The county paid for over again, once a seed, and its payments read and matched as any council's."""
    council, found = the_council(), []
    for seed in SEEDS:
        path = tmp_path_factory.mktemp("paid") / "payments.csv"
        invent_payments(the_county(), council, seed).to_csv(path, index=False)
        episodes = as_returned(the_county(), seed)
        found.append((match_payments(read_payments(path, council.payment_columns)[0], episodes)[0], episodes))
    return found


@pytest.fixture(scope="module")
def fees(paid) -> list[pd.DataFrame]:
    return [fee_lines(*of_a_seed, 2011, 2018) for of_a_seed in paid]


def test_the_rises_invented_before_2018_lie_in_their_intervals_about_as_often_as_they_should(fees):
    truth = {setting: YEARLY_RISE.get(setting, OTHER_RISE)[0] for setting in SETTINGS_TOLD}
    held, off = [], []
    for lines in fees:
        seen = price_trend(lines).set_index("setting")
        for setting, rise in truth.items():
            held.append(seen.loc[setting, "seen_low_95"] <= rise <= seen.loc[setting, "seen_high_95"])
            off.append((seen.loc[setting, "seen_rise"] - rise) / seen.loc[setting, "seen_log_se"])
    assert sum(held) >= len(held) - 3
    assert abs(sum(off) / len(off)) < 3 / len(off) ** 0.5


def test_the_premiums_invented_lie_in_their_intervals_about_as_often_as_they_should(fees):
    held = []
    for lines in fees:
        for setting, (_, _, dearer) in OFF_FRAMEWORK.items():
            found = framework_premium(lines, setting).set_index(["platform", "compared"]).loc[("spot", "like for like")]
            held.append(found["low_95"] <= dearer <= found["high_95"])
    assert sum(held) >= len(held) - 2


def test_the_countys_pools_keep_its_few_dear_children(paid):
    """One stay in twenty-five was invented at 1.6 to 2.6 times the usual fee: a mean price would lose them."""
    pool = fee_pools(*paid[0], 2018)["external residential"]
    assert (pool.pool * pool.weights).sum() == pytest.approx(1)
    assert pool.pool.max() > 1.8
    assert pool.present.max() > 1.4
