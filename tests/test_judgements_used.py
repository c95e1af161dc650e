"""Which judgements a page used is known, whether its results were worked out or taken from the store."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
from builders import ROOT
from demand.invented_model import a_model

from cip_analysis.demand.simulate import simulate
from cip_analysis.ledgers import judgements_asked, listening, once
from cip_analysis.settings import read_assumptions
from cip_analysis.store import fingerprint, keep_projection, keep_table

PRICE, DELAY, STEP = "weekly_price.kinship", "weekly_price.in-house-foster", "weekly_price.16-plus-supported"


def shipped():
    return read_assumptions(ROOT / "config" / "assumptions.toml")


def test_a_judgement_is_noted_when_it_is_asked_for_by_either_way_and_not_when_all_are_listed():
    judgements = shipped()
    with listening() as asked:
        fingerprint(judgements)
        assert len(list(judgements.values())) == len(judgements)
        assert PRICE in judgements
        assert asked == set()
        assert judgements[PRICE] is judgements.get(PRICE)
        assert judgements.get("no.such", "none") == "none"
    assert asked == {PRICE}
    assert PRICE in judgements_asked()


def test_a_table_taken_from_the_store_tells_what_was_asked_for_in_making_it(tmp_path):
    judgements = shipped()

    def make():
        return pd.DataFrame({"price": [judgements[PRICE].value]})

    with listening() as first:
        made = keep_table(tmp_path, "one", make)
    with listening() as second:
        kept = keep_table(tmp_path, "one", lambda: None)
    assert first == second == {PRICE}
    assert kept.equals(made)


def test_a_projection_taken_from_the_store_tells_it_too(tmp_path):
    judgements = shipped()

    def make():
        return simulate(a_model(draws=int(judgements[DELAY].value > 0) * 2, months=3))

    heard = []
    for _time in range(2):
        with listening() as asked:
            keep_projection(tmp_path, "one", make)
        heard.append(asked)
    assert heard == [{DELAY}, {DELAY}]


def test_what_is_made_once_for_two_results_is_told_by_both(tmp_path):
    judgements = shipped()
    path = once(lambda: judgements[STEP].value)
    for name in ("one", "two"):
        keep_table(tmp_path, name, lambda: pd.DataFrame({"price": [path()]}))
    with listening() as asked:
        keep_table(tmp_path, "two", lambda: None)
    assert asked == {STEP}


def test_a_kept_table_from_before_such_notes_is_made_again(tmp_path):
    pd.DataFrame({"price": [1]}).to_parquet(tmp_path / "one.parquet", index=False)
    assert keep_table(tmp_path, "one", lambda: pd.DataFrame({"price": [2]}))["price"].tolist() == [2]


ONE_SHOWN = f"""
import json
from pathlib import Path
from cip_analysis.publish.tables import MARK, nothing
from cip_analysis.settings import read_assumptions
held = read_assumptions(Path("config/assumptions.toml"))
before = nothing("None.")._repr_mimebundle_()[1][MARK]["asked"]
held[{PRICE!r}]
print(json.dumps([before, nothing("None.")._repr_mimebundle_()[1][MARK]["asked"]]))
"""


def test_whatever_a_notebook_shows_carries_the_judgements_asked_for_so_far():
    told = subprocess.run([sys.executable, "-c", ONE_SHOWN], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == [[], [PRICE]]
