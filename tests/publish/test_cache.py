"""A notebook is run again when anything that it rests on has changed, and only then."""

from __future__ import annotations

import stat
import sys
from dataclasses import replace

import pytest
from publish.projects import Project, a_code_cell, a_notebook

from cip_analysis.publish.pack import PackError, render_pack
from cip_analysis.publish.running.cache import FOLDER

SIGNED = """import os, pathlib, time
marks = pathlib.Path("marks")
marks.mkdir(exist_ok=True)
_ = (marks / f"{NAME}-{time.time_ns()}").write_text("")"""


def sign(project: Project, name: str, title: str, *more: str) -> None:
    """A notebook that leaves a mark each time it is run."""
    cells = [a_code_cell(SIGNED.replace("NAME", repr(name))), *map(a_code_cell, more)]
    project.write(name, a_notebook(title, cells))


def runs_of(project: Project, name: str) -> int:
    return len(list((project.root / "marks").glob(f"{name}-*")))


@pytest.fixture
def signing(project: Project) -> Project:
    sign(project, "01_first", "Children in care")
    sign(project, "02_second", "Where they live")
    project.render()
    return project


def told_while(project: Project, **changes: object) -> list[str]:
    told: list[str] = []
    render_pack(replace(project.request, **changes), lambda _done, what: told.append(what))
    return told


def test_an_unchanged_pack_runs_nothing_and_is_the_one_that_stands(signing):
    before = {path: path.stat().st_mtime_ns for path in (signing.root / "reports/small").rglob("*")}
    told = told_while(signing)
    assert told == ["Unchanged: nothing that it rests on is new"]
    assert {path: path.stat().st_mtime_ns for path in (signing.root / "reports/small").rglob("*")} == before
    assert runs_of(signing, "01_first") == 1


def test_a_changed_notebook_is_run_again_alone(signing):
    sign(signing, "02_second", "Where they live", "1 + 1; None")
    signing.render()
    assert (runs_of(signing, "01_first"), runs_of(signing, "02_second")) == (1, 2)


@pytest.mark.parametrize(
    "change",
    ["data/returns/episodes.csv", "config/runs/small.toml", "config/assumptions.toml", "config/councils/small.toml"],
)
def test_a_changed_input_runs_every_notebook_again(signing, change):
    path = signing.root / change
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    signing.render()
    assert (runs_of(signing, "01_first"), runs_of(signing, "02_second")) == (2, 2)


def test_a_changed_parameter_or_audience_runs_every_notebook_again_and_going_back_runs_none(signing):
    signing.render(overrides=("years=4",))
    assert runs_of(signing, "01_first") == 2
    signing.render(audience="exempt")
    assert runs_of(signing, "01_first") == 3
    signing.render()
    assert runs_of(signing, "01_first") == 3


def test_what_the_pack_file_says_of_the_pack_alone_runs_nothing_and_is_told(signing):
    pack = signing.root / "config/packs/small.toml"
    pack.write_text(pack.read_text().replace("A small pack", "Another title"))
    signing.render()
    assert runs_of(signing, "01_first") == 1
    assert b"Another title" in signing.pages["index.html"]


def test_a_fresh_pack_runs_every_notebook_and_is_the_same_bytes(signing):
    before = signing.pages
    signing.render(fresh=True)
    assert (runs_of(signing, "01_first"), runs_of(signing, "02_second")) == (2, 2)
    assert signing.pages == before


def test_a_pack_altered_by_hand_is_made_again_from_what_is_kept(signing):
    page = signing.root / "reports/small/01_first.html"
    before = page.read_bytes()
    page.write_bytes(before.replace(b"children", b"Children", 1))
    signing.render()
    assert page.read_bytes() == before
    assert runs_of(signing, "01_first") == 1


@pytest.mark.parametrize("ending", ["", ".ipynb", ".ledger"])
def test_a_kept_run_that_is_not_whole_is_run_again(signing, ending):
    for path in (signing.root / FOLDER).iterdir():
        if path.suffix == ending:
            path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2])
    (signing.root / "reports/small/manifest.json").write_text("{}")
    signing.render()
    assert (runs_of(signing, "01_first"), runs_of(signing, "02_second")) == (2, 2)


def test_what_is_kept_is_for_its_owner_alone(signing):
    assert stat.S_IMODE((signing.root / FOLDER).stat().st_mode) == 0o700


def test_a_pack_that_stopped_goes_on_from_what_was_done(project):
    sign(project, "01_first", "Children in care")
    sign(project, "02_second", "Where they live", "1 / 0")
    with pytest.raises(PackError, match="division by zero"):
        project.render(jobs=1)
    sign(project, "02_second", "Where they live")
    project.render(jobs=1)
    assert (runs_of(project, "01_first"), runs_of(project, "02_second")) == (1, 2)


def test_a_notebook_whose_small_count_another_page_gives_away_is_run_again_and_withholds_more(project):
    whole = 'about = About("invented returns", date(2018, 3, 31), synthetic=True, rule=exact)\n'
    rule = "from cip_analysis.settings import Disclosure\nexact = Disclosure(rounding_base=1)\n"
    stock = "stock = pd.DataFrame({'setting': ['foster', 'homes', 'kinship'], 'children': [60, 30, 3]})\n"
    parts = rule + whole + stock + (
        "one = release(stock, about, counts=['children'], plain=['setting'], measure='children looked after')\n"
        "table(one, 'Children by setting')"
    )  # fmt: skip
    total = rule + whole + (
        "every = pd.DataFrame({'setting': ['all'], 'children': [93]})\n"
        "two = release(every, about, counts=['children'], plain=['setting'], measure='children looked after')\n"
        "table(two, 'All children')"
    )  # fmt: skip
    sign(project, "01_first", "Children by setting", parts)
    sign(project, "02_second", "All children", total)
    folder = project.render()
    assert (runs_of(project, "01_first"), runs_of(project, "02_second")) != (1, 1)
    shown = (folder / "data/01_first-table-2.csv").read_text() + (folder / "data/02_second-table-2.csv").read_text()
    assert shown.count("[c]") == 2  # the small one, and another part or the total
    runs, before = runs_of(project, "01_first") + runs_of(project, "02_second"), signed(project)
    sign(project, "01_first", "Children by setting, again", parts)
    project.render()
    assert runs_of(project, "01_first") + runs_of(project, "02_second") == runs + 1  # the rulings are remembered
    assert signed(project) == before


def signed(project: Project) -> list[str]:
    """What the two exhibits of counts show."""
    names = ("01_first-table-2", "02_second-table-2")
    return [(project.root / f"reports/small/data/{name}.csv").read_text() for name in names]


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")
def test_warm_and_cold_kernels_one_at_a_time_or_two_give_the_same_bytes(project):
    first = project.render()
    made = {path.name: path.read_bytes() for path in sorted(first.rglob("*")) if path.is_file()}
    project.render(warm=False, jobs=1, fresh=True)
    again = {path.name: path.read_bytes() for path in sorted(first.rglob("*")) if path.is_file()}
    assert sorted(made) == sorted(again)
    assert [name for name in made if made[name] != again[name] and name != "manifest.json"] == []


def test_the_time_left_is_told_once_a_notebook_has_been_run_before(signing):
    sign(signing, "01_first", "Children in care", "import time; time.sleep(1)")
    told = told_while(signing)
    assert any("about" in what and "left" in what for what in told)
