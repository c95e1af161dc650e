"""The pack that any council has before it loads a return, rendered whole: an old county, a new one, a tiny one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from builders import ROOT

from cip_analysis.publish.pack import PackError, PackRequest, plan_pack, render_pack
from cip_analysis.publish.provenance import read_manifest, verify_pack

PACK = ROOT / "config" / "packs" / "published-only.toml"
PAGES = ("03_against_others", "04_demand_forecast", "07_cost_of_care", "12_accuracy")


def rendered(to: Path, council: str) -> Path:
    request = PackRequest(PACK, ROOT, to, overrides=(f"council={council}",), reads_ahead="cip_analysis.run")
    return render_pack(request, lambda _done, _what: None)


def page(pack: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((pack / f"{name}.html").read_text(encoding="utf-8"), "lxml")


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> dict[str, Path]:
    """Gloucestershire, North Northamptonshire (made in 2021) and the City of London (nine children)."""
    folder = tmp_path_factory.mktemp("packs")
    return {council: rendered(folder, council) for council in ("916", "940", "201")}


@pytest.mark.slow
def test_each_is_whole_and_called_after_its_council(packs):
    for council, pack in packs.items():
        assert pack.name == f"published-only-{council}"
        assert verify_pack(pack) == []
        told = read_manifest(pack)
        assert told["synthetic"] is False
        assert told["as_at"] == "2023-03-31"
        assert told["not_made"] == []
        assert all((pack / f"{name}.html").is_file() for name in PAGES)


@pytest.mark.slow
def test_no_page_speaks_of_returns_as_if_there_were_any(packs):
    for pack in packs.values():
        for name in PAGES:
            main = page(pack, name).find("main")
            headings = [heading.get_text(" ", strip=True) for heading in main.find_all(["h1", "h2"])]
            assert len(headings) == len(set(headings)), (name, headings)
            text = main.get_text(" ", strip=True)
            assert "SYNTHETIC" not in text
            assert "from these returns" not in text
            assert "SSDA903 returns" not in text


@pytest.mark.slow
def test_the_forecast_has_its_range_and_its_record(packs):
    table = pd.read_csv(packs["916"] / "data/04_demand_forecast-table-1.csv")
    assert table["p50"].iloc[0] == "864" or table["p50"].iloc[0] == 864
    assert table["80% range"].iloc[-1] == "798 to 1,106"
    text = page(packs["916"], "04_demand_forecast").get_text(" ", strip=True)
    assert "They were 9 forecasts in all" in text
    late = page(packs["940"], "04_demand_forecast").get_text(" ", strip=True)
    assert "Made on 1 April 2021 from part of Northamptonshire" in late
    tiny = page(packs["201"], "04_demand_forecast").get_text(" ", strip=True)
    assert "too few for a method learned from other councils" in tiny


@pytest.mark.slow
def test_the_council_is_set_beside_its_neighbours_and_nobody_else(packs):
    bars = pd.read_csv(packs["916"] / "data/03_against_others-figure-2.csv")
    assert len(bars) == 13, "itself, ten neighbours, its region and England"


@pytest.mark.slow
def test_spending_is_what_section_251_says(packs):
    spent = pd.read_csv(packs["916"] / "data/07_cost_of_care-table-1.csv")
    assert spent.set_index("year")["spend_gbp_million"].astype(str)[2025] == "94.1"
    assert "What will cost" not in page(packs["916"], "07_cost_of_care").get_text()


def test_a_page_that_needs_returns_is_refused_where_the_run_has_none():
    cabinet = ROOT / "config/packs/cabinet-autumn-2018.toml"
    request = PackRequest(cabinet, ROOT, ROOT / "reports", overrides=("run=config/runs/published-only.toml",))
    with pytest.raises(PackError, match=r"01_returns.*names none"):
        plan_pack(request)


def test_an_unknown_council_is_refused_before_anything_runs():
    with pytest.raises(ValueError, match="'999'"):
        plan_pack(PackRequest(PACK, ROOT, ROOT / "reports", overrides=("council=999",)))
