"""The packs the project ships, rendered whole: on the invented county, and on the public sample of return files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from builders import ROOT, SHARED
from typer.testing import CliRunner

from cip_analysis.cli import app
from cip_analysis.publish.pack import PackRequest, render_pack
from cip_analysis.publish.provenance import read_manifest, verify_pack

CABINET = ROOT / "config" / "packs" / "cabinet-autumn-2018.toml"
REGION = ROOT / "config" / "packs" / "region.toml"
COUNTY = ROOT / "data" / "synthetic" / "leicestershire"
YEAR_COUNTY = ROOT / "data" / "synthetic" / "leicestershire-2019"
SAMPLE = SHARED / "ssda903_sample"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not COUNTY.exists(), reason="the invented county is not made: make data"),
]


def render(to: Path, *overrides: str) -> Path:
    return render_pack(PackRequest(CABINET, ROOT, to, overrides=overrides), lambda _done, _what: None)


def test_the_cabinet_pack_renders_whole_from_the_invented_county_and_says_so_on_every_page(tmp_path):
    pack = render(tmp_path)
    pages = sorted(pack.glob("*.html"))
    assert [page.stem for page in pages] == [
        "00_summary", "01_returns", "02_children_in_care", "03_against_others", "04_demand_forecast",
        "05_placement_mix", "06_residential_spend", "07_cost_of_care", "08_savings", "12_accuracy", "about", "index",
    ]  # fmt: skip
    assert all("SYNTHETIC: invented data, not real children" in page.read_text(encoding="utf-8") for page in pages)
    assert read_manifest(pack)["synthetic"] is True
    assert verify_pack(pack) == []


@pytest.mark.skipif(not SAMPLE.exists(), reason="the public sample of returns is not here")
def test_the_cabinet_pack_renders_whole_from_the_public_sample_and_says_there_are_no_payments(tmp_path):
    pack = render(tmp_path, f"returns={SAMPLE}")
    assert "No payments file was given" in (pack / "06_residential_spend.html").read_text(encoding="utf-8")
    assert not [path.name for path in pack.rglob("*") if path.is_file() and bytes(SAMPLE.parent) in path.read_bytes()]


def test_the_region_renders_from_published_figures_and_no_page_of_figures_is_of_invented_children(tmp_path):
    pack = render_pack(PackRequest(REGION, ROOT, tmp_path), lambda _done, _what: None)
    assert [page.stem for page in sorted(pack.glob("*.html"))] == ["14_region", "about", "index"]
    page = (pack / "14_region.html").read_text(encoding="utf-8")
    assert "In all 1,000 futures, in every year, the councils add up to the region" in page
    assert "[c]" not in page
    assert verify_pack(pack) == []


@pytest.mark.skipif(not YEAR_COUNTY.exists(), reason="the county of the year now running is not made: make data")
def test_a_month_of_the_year_now_running_is_one_page_and_a_file_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    call = ["monitor", str(ROOT / "config" / "runs" / "autumn-2018.toml"), "--month", "2018-09", "--to", str(tmp_path)]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    assert "names in-year-2018-19.toml for the year now running" in " ".join(result.output.split())
    pack = tmp_path / "in-year"
    assert [page.stem for page in sorted(pack.glob("*.html"))] == ["13_in_year", "about", "index"]
    page = (pack / "13_in_year.html").read_text(encoding="utf-8")
    assert "SYNTHETIC: invented data, not real children" in page
    assert "The budget is invented for the demonstration" in page
    assert "As at 30 September 2018" in page
    assert read_manifest(pack)["as_at"] == "2018-09-30"
    assert verify_pack(pack) == []
    lines = pd.read_csv(tmp_path / "in_year.csv")
    assert lines["setting"].iloc[0] == "all"
    assert lines["outturn_gbp"].iloc[1:].sum() == pytest.approx(lines["outturn_gbp"].iloc[0], abs=0.005)
