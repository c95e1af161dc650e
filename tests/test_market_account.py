"""A run's market and bidders as a page has them: by audience, without payments, and by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import ROOT, a_placement, make_episodes
from money_builders import a_payment, make_payments

from cip_analysis import market_account as account
from cip_analysis.publish.disclosure import About, release
from cip_analysis.records import Returns
from cip_analysis.returns.reference.postcodes import PostcodeFileError, locate_placements, read_postcodes
from cip_analysis.settings import Disclosure
from cip_analysis.synthetic.children.places import PUBLIC_PLACES

SHIPPED = "config/bidders/invented-2018.toml"
PLACES = ROOT / "data" / "reference" / "public_place_postcodes.csv"


class SomeRun:
    """What the account asks of a run, and no more."""

    def __init__(self, amounts: dict[str, float], audience: str = "public") -> None:
        homes = {"setting": "external residential", "placement": "children's home", "provider": "private"}
        children = [(f"{name}{number}", name) for name in amounts for number in range(6)]
        self.episodes = make_episodes([a_placement(child=child, **homes) for child, _name in children])
        self.payments = make_payments(
            [a_payment(child=child, provider=name, amount_gbp=amounts[name]) for child, name in children]
            or [a_payment(match="no stay")]
        )
        self.audience, self.root, self.closed_years, self.last_year = audience, ROOT, (2018,), 2018
        self.has_payments = bool(amounts)


def test_without_payments_there_is_no_market_and_a_reason():
    run = SomeRun({})
    assert account.market_of(run) is None
    assert account.why_none(run).startswith("No payments file")


def test_providers_are_named_to_exempt_readers_alone():
    amounts = {"Oak": 900.0, "Elm": 100.0, "Ash": 50.0}
    public, exempt = SomeRun(amounts), SomeRun(amounts, "exempt")
    assert account.name_providers(public, account.market_of(public)) is None
    assert account.name_providers(exempt, account.market_of(exempt))["supplier"].tolist() == ["Oak", "Elm", "Ash"]


@pytest.mark.parametrize(("fewest", "hidden"), [(2, True), (1, False)])
def test_an_index_of_two_providers_is_for_exempt_readers(fewest, hidden):
    found = account.market_of(SomeRun({"Oak": 60.0, "Elm": 40.0}))
    rule = Disclosure(threshold=5, rounding_base=1, fewest_providers=fewest)
    table = account.how_concentrated(found)
    told = release(table, About("a test", date(2018, 3, 31), rule=rule), **account.declare_concentration())
    assert told.withheld["index_by_spend"].tolist() == [hidden]
    assert told.withheld["largest_share"].tolist() == [hidden]


def test_real_bidders_are_judged_for_exempt_readers_alone(tmp_path):
    text = (ROOT / SHIPPED).read_text(encoding="utf-8").replace("invented = true", "invented = false")
    path = tmp_path / "real.toml"
    path.write_text(text, encoding="utf-8")
    assert account.judge_bids(SomeRun({}), str(path)) is None
    assert account.judge_bids(SomeRun({}, "exempt"), str(path)) is not None
    assert "not for a public page" in account.why_no_bids(str(path))


def test_the_shipped_bids_say_what_is_told_of_them():
    judged = account.judge_bids(SomeRun({}), SHIPPED)
    assert account.say_standing(judged).startswith("Bidder A stands best, with 83 marks of 100.")
    assert "had Bidder C, which loses, not bid, Bidder B would have won" in account.say_models(judged)
    assert account.list_ratios(judged)["weight_share"].sum() == pytest.approx(1)


def test_every_public_place_is_in_the_file_under_its_authority():
    held = read_postcodes(PLACES)
    for authority, places in PUBLIC_PLACES.items():
        assert set(held[[place.replace(" ", "") for place in places]]) == {authority}


def test_a_placement_is_inside_outside_or_not_known():
    lines = pd.DataFrame({"CHILD": list("1234"), "PL_POST": ["le38ra", "LE1 1FZ", "", "ZZ9 9ZZ"]})
    lines = lines.assign(file="e.csv", row=[2, 3, 4, 5], year=2018).astype({"file": "str", "CHILD": "str"})
    sent = Returns({"episodes": lines}, date(2018, 3, 31), None, None)
    told = locate_placements(sent, read_postcodes(PLACES), "E10000018")
    assert told.tolist() == ["inside the authority", "outside the authority", "not known", "not known"]


def test_a_postcode_in_two_authorities_is_refused_without_being_named(tmp_path):
    (tmp_path / "p.csv").write_text("postcode,la_code\nLE1 1AA,E10000018\nLE11AA,E06000016\n", encoding="utf-8")
    with pytest.raises(PostcodeFileError, match="2 rows put a postcode in two authorities, first row 2") as caught:
        read_postcodes(tmp_path / "p.csv")
    assert "1AA" not in str(caught.value)
