"""Tables of several notebooks are one system; what ran otherwise runs again; what is out in earlier packs binds."""

from __future__ import annotations

import csv
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from cip_analysis.publish.disclosure import About, release, release_forecast
from cip_analysis.publish.protection import ledger, pack_wide
from cip_analysis.publish.protection.earlier import EarlierError, read_earlier
from cip_analysis.publish.protection.ledger import Ledger, LedgerError, read_ledger
from cip_analysis.publish.protection.rulings import ADDS, FORECAST, PROTECTS, RESTS, SMALL
from cip_analysis.records import Released
from cip_analysis.settings import Disclosure

EXACT = Disclosure(rounding_base=1)
ABOUT = About("invented returns", date(2018, 3, 31), synthetic=True, rule=EXACT)
LOOKED_AFTER = "children looked after"
Notebook = Callable[[], object]


@pytest.fixture(autouse=True)
def _no_record_left() -> Iterator[None]:
    """However a test ends, the next one records nothing."""
    yield
    ledger.begin()
    ledger._recorder.on = False


def by_setting(*, measure: str = LOOKED_AFTER) -> Released:
    """Two settings hide each other: 3 and 6 of 39, and the other 30 shown."""
    table = pd.DataFrame({"year": 2018, "setting": ["all", "a", "b", "c"], "children": [39, 3, 6, 30]})
    return release(table, ABOUT, counts=["children"], plain=["year", "setting"], measure=measure,
                   labels={"year": "on 31 March", "setting": "setting"})  # fmt: skip


def one_setting() -> Released:
    """Setting b alone, by month: at its last month the same 6 children."""
    months = pd.to_datetime(["2018-02-28", "2018-03-31"])
    return release(pd.DataFrame({"month": months, "children": [7, 6]}), ABOUT, counts=["children"], plain=["month"],
                   measure=LOOKED_AFTER, labels={"month": "month", "setting": "b"})  # fmt: skip


def totals() -> Released:
    return release(pd.DataFrame({"month": pd.to_datetime(["2018-03-31"]), "children": [39]}), ABOUT,
                   counts=["children"], plain=["month"], measure=LOOKED_AFTER)  # fmt: skip


def ran(notebook: Notebook, folder: Path, rulings: str = "") -> tuple[object, Ledger]:
    """What a notebook shows and its ledger, as a pack runs it."""
    ledger.begin(rulings)
    shown = notebook()
    ledger.write(str(folder / "ledger.json"))
    return shown, read_ledger(folder / "ledger.json")


def ran_all(notebooks: dict[str, Notebook], folder: Path) -> dict[str, Ledger]:
    return {name: ran(notebook, folder)[1] for name, notebook in notebooks.items()}


def ran_again(notebook: Notebook, rulings: pack_wide.Rulings, folder: Path) -> tuple[object, Ledger]:
    pack_wide.write_rulings(rulings, folder / "rulings.json")
    return ran(notebook, folder, str(folder / "rulings.json"))


# ---- one cell, several pages -------------------------------------------------------------------------------------


def test_a_count_withheld_to_protect_another_on_one_page_is_withheld_on_every_page(tmp_path):
    notebooks: dict[str, Notebook] = {"01": by_setting, "02": one_setting}
    first = ran_all(notebooks, tmp_path)
    rulings = pack_wide.decide(first, EXACT)
    assert pack_wide.applied(first["01"]) == rulings["01"].digest()
    assert pack_wide.applied(first["02"]) != rulings["02"].digest()
    shown, second = ran_again(one_setting, rulings["02"], tmp_path)
    assert shown.table["children"].tolist() == [7, pd.NA]
    assert "Some larger counts are withheld too" in shown.rule
    again = pack_wide.decide({**first, "02": second}, EXACT)
    assert all(again[name].same_as(rulings[name]) for name in notebooks)
    assert pack_wide.applied(second) == again["02"].digest()


def test_a_total_on_one_page_with_the_parts_on_another_gives_nothing_away(tmp_path):
    def parts() -> Released:
        table = pd.DataFrame({"setting": ["a", "b", "c"], "children": [3, 6, 30]})
        return release(table, ABOUT, counts=["children"], plain=["setting"], measure=LOOKED_AFTER,
                       labels={"day": date(2018, 3, 31), "setting": "setting"})  # fmt: skip

    alone = ran_all({"01": parts}, tmp_path)
    assert [ruling.shown for ruling in alone["01"].entries[0].outcome.values()].count(None) == 1
    rulings = pack_wide.decide({**alone, **ran_all({"02": totals}, tmp_path)}, EXACT)
    withheld = [ruling.why for one in rulings.values() for cells in one.tables.values() for ruling in cells.values()]
    assert sorted(filter(None, withheld)) == [SMALL, PROTECTS]


def test_without_a_measure_a_table_is_bound_to_no_other(tmp_path):
    ledgers = ran_all({"01": lambda: by_setting(measure=""), "02": one_setting}, tmp_path)
    rulings = pack_wide.decide(ledgers, EXACT)
    assert pack_wide.applied(ledgers["02"]) == rulings["02"].digest()


def test_a_forecast_is_withheld_where_its_first_month_protects_a_count_on_another_page(tmp_path):
    def forecast() -> Released:
        months = pd.to_datetime(["2018-03-31", "2018-04-30"] * 2)
        table = pd.DataFrame({"month": months, "setting": list("bbcc"), "p10": [6, 4, 30, 28], "p50": [6, 7, 30, 31]})
        return release_forecast(table, ABOUT, by=["setting"], measure=LOOKED_AFTER)

    first = ran_all({"01": by_setting, "04": forecast}, tmp_path)
    assert first["04"].entries[0].reasons == {}
    shown, second = ran_again(forecast, pack_wide.decide(first, EXACT)["04"], tmp_path)
    assert shown.withheld["p50"].tolist() == [True, True, False, False]
    assert shown.withheld["p10"].tolist() == [True, True, False, False]
    assert second.entries[0].reasons == {FORECAST: 4}


def test_a_forecast_starts_from_its_outturn_as_that_is_shown(tmp_path):
    """Three parts of 7 to the nearest 5 come to 15 and their total of 21 to 20, so one part is shown as 10."""
    rounded = replace(ABOUT, rule=Disclosure())

    def outturn() -> Released:
        table = pd.DataFrame({"year": 2018, "setting": ["all", "a", "b", "c"], "children": [21, 7, 7, 7]})
        return release(table, rounded, counts=["children"], plain=["year", "setting"], measure=LOOKED_AFTER,
                       labels={"year": "on 31 March", "setting": "setting"})  # fmt: skip

    def forecast() -> Released:
        months = pd.to_datetime(["2018-03-31", "2018-04-30"] * 3)
        table = pd.DataFrame({"month": months, "setting": list("aabbcc"), "p50": [7, 9] * 3})
        return release_forecast(table, rounded, by=["setting"], measure=LOOKED_AFTER)

    first = ran_all({"01": outturn, "04": forecast}, tmp_path)
    rulings = pack_wide.decide(first, Disclosure())
    parts = ran_again(outturn, rulings["01"], tmp_path)[0].table["children"].tolist()
    starts = ran_again(forecast, rulings["04"], tmp_path)[0].table["p50"].tolist()[::2]
    assert parts[1:] == starts
    assert parts[0] == sum(starts) == 20


def test_tables_that_disagree_are_told_apart_and_told_of_without_a_count(tmp_path):
    def otherwise() -> Released:
        table = pd.DataFrame({"month": pd.to_datetime(["2018-03-31"]), "children": [41]})
        return release(table, ABOUT, counts=["children"], plain=["month"], measure=LOOKED_AFTER)

    ledgers = ran_all({"01": by_setting, "02": otherwise}, tmp_path)
    (told,) = pack_wide.find_conflicts(ledgers)
    assert told.startswith("02, release 1 (month, children), column children: not everywhere the same children looked")
    assert not {"39", "41"} & set(told.split())
    assert pack_wide.decide(ledgers, EXACT)["02"].tables[1]


def test_a_group_that_one_page_calls_as_another_page_calls_a_part_of_it_still_adds_to_its_own_total(tmp_path):
    """On page 02 "c" holds c and d: its 36, the total of 45 and the 6 of b would tell the three in a."""

    def joined() -> Released:
        table = pd.DataFrame({"setting": ["all", "a", "b", "c"], "children": [45, 3, 6, 36]})
        return release(table, ABOUT, counts=["children"], plain=["setting"], measure=LOOKED_AFTER)

    def apart() -> Released:
        table = pd.DataFrame({"setting": ["all", "a", "b", "c", "d"], "children": [45, 3, 6, 30, 6]})
        return release(table, ABOUT, counts=["children"], plain=["setting"], measure=LOOKED_AFTER)

    ledgers = ran_all({"01": apart, "02": joined}, tmp_path)
    assert len(pack_wide.find_conflicts(ledgers)) == 1
    rulings = pack_wide.decide(ledgers, EXACT)
    told = {dict(key[1]).get("setting", "all"): ruling.shown for key, ruling in rulings["02"].tables[1].items()}
    assert told["a"] is None
    assert list(told.values()).count(None) >= 2


def test_the_statement_counts_what_is_withheld_and_why(tmp_path):
    def priced() -> Released:
        table = pd.DataFrame({"setting": ["a", "b"], "children": [3, 20], "spend_gbp": [1.0, 2.0]})
        return release(table, ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"])

    told = pack_wide.statement(ran_all({"01": by_setting, "06": priced}, tmp_path)).set_index("notebook")
    assert told["cells"].to_dict() == {"01": 4, "06": 4, "all": 8}
    assert told["withheld"].to_dict() == {"01": 2, "06": 2, "all": 4}
    assert told.loc["all", [SMALL, PROTECTS, RESTS]].tolist() == [2, 1, 1]


# ---- ledgers ----------------------------------------------------------------------------------------------------


def test_a_ledger_is_read_back_as_it_was_written_and_only_its_owner_may_read_it(tmp_path):
    _shown, read = ran(by_setting, tmp_path)
    (entry,) = read.entries
    assert entry.listings[0].counts == (39, 3, 6, 30)
    assert entry.listings[0].measure == LOOKED_AFTER
    assert ("day", "2018-03-31") in entry.listings[0].keys[1][1]
    assert stat.S_IMODE((tmp_path / "ledger.json").stat().st_mode) == 0o600


def test_outside_a_pack_nothing_is_recorded(tmp_path):
    ledger._recorder.on = False
    by_setting()
    assert not ledger._recorder.entries
    with pytest.raises(LedgerError, match="No record was begun"):
        ledger.write(str(tmp_path / "ledger.json"))


@pytest.mark.parametrize("text", ["", "{}", '{"entries": [{}]}', '{"entries": 3}', "[1]"])
def test_a_broken_ledger_is_refused_by_its_name(tmp_path, text):
    (tmp_path / "ledger.json").write_text(text)
    with pytest.raises(LedgerError, match=r"ledger\.json: the record"):
        read_ledger(tmp_path / "ledger.json")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"table": 1}]', '[{"table": 1, "cells": [["a"]]}]'])
def test_broken_rulings_are_refused_by_their_name(tmp_path, text):
    (tmp_path / "rulings.json").write_text(text)
    with pytest.raises(ValueError, match="rulings"):
        ledger.begin(str(tmp_path / "rulings.json"))


# ---- packs released before ---------------------------------------------------------------------------------------


def released_before(notebooks: dict[str, Notebook], folder: Path, rule: Disclosure = EXACT) -> Path:
    """The folder of a pack of these notebooks, as far as its list of cells goes."""
    ledgers = ran_all(notebooks, folder)
    pack_wide.write_cells(ledgers, pack_wide.decide(ledgers, rule), rule, folder / "before" / "data" / "cells.csv")
    return folder / "before"


def test_the_list_of_cells_holds_each_once_and_only_as_it_is_shown(tmp_path):
    folder = released_before({"01": by_setting, "02": one_setting}, tmp_path)
    with (folder / "data" / "cells.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    told = {row["labels"]: (row["shown"], row["withheld"]) for row in rows}
    assert told == {
        '{"day": "2018-02-28", "setting": "b"}': ("7", "no"),
        '{"day": "2018-03-31"}': ("39", "no"),
        '{"day": "2018-03-31", "setting": "a"}': ("", "yes"),
        '{"day": "2018-03-31", "setting": "b"}': ("", "yes"),
        '{"day": "2018-03-31", "setting": "c"}': ("30", "no"),
    }
    assert {row["measure"] for row in rows} == {LOOKED_AFTER}


def test_what_a_pack_withheld_the_next_one_withholds_though_by_itself_it_would_not(tmp_path):
    earlier = read_earlier(released_before({"01": by_setting}, tmp_path))
    now = ran_all({"02": one_setting}, tmp_path)
    assert pack_wide.applied(now["02"]) == pack_wide.decide(now, EXACT)["02"].digest()
    shown, _second = ran_again(one_setting, pack_wide.decide(now, EXACT, [earlier])["02"], tmp_path)
    assert shown.table["children"].tolist() == [7, pd.NA]


def test_an_exact_count_that_moved_by_a_child_or_two_since_the_last_pack_is_withheld(tmp_path):
    def corrected() -> Released:
        table = pd.DataFrame({"month": pd.to_datetime(["2018-02-28", "2018-03-31"]), "children": [9, 60]})
        return release(table, ABOUT, counts=["children"], plain=["month"], measure=LOOKED_AFTER,
                       labels={"month": "month", "setting": "b"})  # fmt: skip

    earlier = read_earlier(released_before({"02": one_setting}, tmp_path))
    now = ran_all({"02": corrected}, tmp_path)
    shown, _ = ran_again(corrected, pack_wide.decide(now, EXACT, [earlier])["02"], tmp_path)
    assert shown.table["children"].tolist() == [pd.NA, 60]


def test_where_an_earlier_pack_has_given_a_small_count_away_the_pack_fails_naming_the_table_and_no_count(tmp_path):
    """A pack showed 39 in all, 6 and 30; now a table of every setting has one of the three left."""

    def two_of_three() -> Released:
        table = pd.DataFrame({"setting": ["all", "b", "c"], "children": [39, 6, 30]})
        return release(table, replace(ABOUT, rule=Disclosure(threshold=1, rounding_base=1)), counts=["children"],
                       plain=["setting"], measure=LOOKED_AFTER,
                       labels={"day": date(2018, 3, 31), "setting": "setting"})  # fmt: skip

    loose = Disclosure(threshold=1, rounding_base=1)
    earlier = read_earlier(released_before({"02": two_of_three}, tmp_path, loose))
    now = ran_all({"01": by_setting}, tmp_path)
    with pytest.raises(
        ValueError, match=r"what before shows already.*01, release 1 \(year, setting, children\)"
    ) as error:
        pack_wide.decide(now, EXACT, [earlier])
    assert not {"3", "6", "30", "39"} & set(str(error.value).replace(",", " ").split())


@pytest.mark.parametrize("text", ["measure\n1\n", "measure,labels,shown,withheld,rounded_to\na,[],x,no,1\n"])
def test_an_earlier_pack_that_cannot_be_read_is_refused_by_its_folder(tmp_path, text):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cells.csv").write_text(text)
    with pytest.raises(EarlierError, match=r"cells\.csv cannot be read"):
        read_earlier(tmp_path)
    with pytest.raises(EarlierError, match="cannot be read"):
        read_earlier(tmp_path / "absent")


# ---- values that add up ------------------------------------------------------------------------------------------

SPENT = {"children": "children paid for", "spend_gbp": "placement spend"}


def spend_by_setting() -> Released:
    """£4,000, £3,000 and £90,000 of £97,000: the first rests on three children."""
    table = pd.DataFrame({"setting": ["all", "a", "b", "c"], "children": [53, 3, 20, 30],
                          "spend_gbp": [97_000.0, 4_000.0, 3_000.0, 90_000.0]})  # fmt: skip
    return release(table, ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"],
                   measure=SPENT, adding=["spend_gbp"])  # fmt: skip


def spend_of_one(children: int = 20) -> Released:
    table = pd.DataFrame({"setting": ["b"], "children": [children], "spend_gbp": [3_000.0]})
    return release(table, ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"],
                   measure=SPENT, adding=["spend_gbp"])  # fmt: skip


def test_the_pounds_of_a_few_children_are_not_left_to_be_worked_out_from_their_total():
    assert spend_by_setting().withheld["spend_gbp"].tolist() == [False, True, True, False]


def test_pounds_withheld_on_one_page_are_withheld_on_every_page(tmp_path):
    ledgers = ran_all({"06": spend_by_setting, "07": spend_of_one}, tmp_path)
    rulings = pack_wide.decide(ledgers, EXACT)
    assert pack_wide.applied(ledgers["06"]) == rulings["06"].digest()
    shown, second = ran_again(spend_of_one, rulings["07"], tmp_path)
    assert shown.withheld["spend_gbp"].tolist() == [True]
    assert pack_wide.applied(second) == rulings["07"].digest()


def test_a_count_withheld_to_protect_another_page_takes_its_pounds_with_it_and_another_sum_to_keep_them(tmp_path):
    """Six children in b are withheld on page 01 to protect three in a; page 06 holds the pounds of all."""

    def counted() -> Released:
        table = pd.DataFrame({"setting": ["all", "a", "b", "c"], "children": [39, 3, 6, 30]})
        return release(table, ABOUT, counts=["children"], plain=["setting"], measure=SPENT["children"])

    def spent() -> Released:
        table = pd.DataFrame({"setting": ["b", "c", "d", "all"], "children": [6, 30, 80, None],
                              "spend_gbp": [9e3, 9e4, 8e4, 1.79e5]}).astype({"children": "Int64"})  # fmt: skip
        return release(table, ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"],
                       measure=SPENT, adding=["spend_gbp"])  # fmt: skip

    ledgers = ran_all({"01": counted, "06": spent}, tmp_path)
    assert ledgers["06"].entries[0].reasons == {}
    shown, second = ran_again(spent, pack_wide.decide(ledgers, EXACT)["06"], tmp_path)
    assert shown.withheld["spend_gbp"].sum() == 2
    assert shown.withheld["spend_gbp"].iloc[0]
    assert second.entries[0].reasons == {PROTECTS: 1, RESTS: 1, ADDS: 1}
    assert "Some sums are withheld too" in shown.rule
