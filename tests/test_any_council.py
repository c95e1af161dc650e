"""The notebooks run for a council of few children, and for one of whom little but a year of returns is held."""

from __future__ import annotations

from pathlib import Path

from builders import ROOT

from cip_analysis.publish.pack import PackRequest, render_pack
from cip_analysis.settings import Council, read_settings
from cip_analysis.synthetic.write import SynthesisOptions, synthesise

COUNTY = ROOT / "config" / "councils" / "leicestershire.toml"
BARE = """name = "Smallshire"
code = "E10000999"
la_code = "999"
region = "East Midlands"
region_code = "E12000004"
neighbours = []
neighbours_model = "none"

[capacity]
foster_carers = 0
foster_carers_source = "none held"
"""
RUN = """title = "Any"
council = "{council}"
returns = "{folder}/returns"
as_at = 2018-03-31
synthetic_seed = 7
draws = 60
{more}
"""
MORE = """payments = "{folder}/payments.csv"
capacity = "{folder}/capacity.csv"
published = "data/reference/comparators.csv"
claims = "config/claims/cabinet-2018-07-06.toml"
national = "data/reference/national_estimates.csv"
track_record = "data/reference/national_scorecard.csv"
savings = "config/savings/cabinet-2018.toml"
indices = "data/reference/price_indices.csv"
scenarios = ["config/scenarios/partnership.toml", "config/scenarios/step-down.toml"]
"""


def render(tmp_path: Path, run: str, notebooks: list[str]) -> Path:
    """A pack of some notebooks over a run of its own."""
    (tmp_path / "run.toml").write_text(run, encoding="utf-8")
    pack = f'name = "any"\ntitle = "Any"\nmeeting = "None"\nrun = "{tmp_path / "run.toml"}"\nnotebooks = {notebooks}\n'
    (tmp_path / "pack.toml").write_text(pack.replace("'", '"'), encoding="utf-8")
    request = PackRequest(tmp_path / "pack.toml", ROOT, tmp_path / "packs", reads_ahead="cip_analysis.run")
    return render_pack(request, lambda _done, _what: None)


def invent(tmp_path: Path, **options: int) -> Path:
    synthesise(read_settings(COUNTY, Council), tmp_path / "county", SynthesisOptions(7, **options))
    return tmp_path / "county"


def test_a_council_of_about_forty_children_has_a_pack_from_which_nothing_withheld_can_be_worked_out(tmp_path):
    folder = invent(tmp_path, children=150)
    run = RUN.format(council=COUNTY, folder=folder, more=MORE.format(folder=folder))
    pack = render(tmp_path, run, ["00_summary", "02_children_in_care", "04_demand_forecast", "06_residential_spend",
                                  "07_cost_of_care", "08_savings", "09_work_package", "10_evaluation", "11_market",
                                  "12_accuracy"])  # fmt: skip
    spend = (pack / "06_residential_spend.html").read_text(encoding="utf-8")
    assert "[c]" in spend
    assert "£0.0 million" not in spend
    evaluated = (pack / "10_evaluation.html").read_text(encoding="utf-8")
    assert "fewer than 5 children at a time live in external residential" in evaluated
    assert "too few children live in external residential to play an example from" in evaluated


def test_a_council_with_a_year_of_returns_and_nothing_else_is_told_what_is_not_held(tmp_path):
    (tmp_path / "council.toml").write_text(BARE, encoding="utf-8")
    run = RUN.format(council=tmp_path / "council.toml", folder=invent(tmp_path, first_year=2018), more="")
    pack = render(tmp_path, run, ["00_summary", "01_returns", "02_children_in_care", "04_demand_forecast",
                                  "05_placement_mix", "06_residential_spend", "07_cost_of_care",
                                  "10_evaluation", "11_market"])  # fmt: skip
    told = (pack / "00_summary.html").read_text(encoding="utf-8")
    assert "No rates are held of the council" in told
    assert "No payments file was given" in (pack / "06_residential_spend.html").read_text(encoding="utf-8")
    evaluated = (pack / "10_evaluation.html").read_text(encoding="utf-8")
    assert "Judging by the 12 months before that are known" in evaluated
    assert "The returns are of too few years to follow children" in evaluated
    assert "No section 251 outturn" in (pack / "07_cost_of_care.html").read_text(encoding="utf-8")
