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


def test_a_changed_notebook_is_run_again_alone_and_the_time_left_is_told(signing):
    sign(signing, "02_second", "Where they live", "import time; time.sleep(1)")
    assert any("about" in what and "left" in what for what in told_while(signing))
    assert (runs_of(signing, "01_first"), runs_of(signing, "02_second")) == (1, 2)


def test_a_changed_input_runs_every_notebook_again(signing):
    changes = ("data/returns/episodes.csv", "config/runs/small.toml", "config/councils/small.toml")
    for number, change in enumerate(changes, start=2):
        path = signing.root / change
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        signing.render()
        assert (runs_of(signing, "01_first"), runs_of(signing, "02_second")) == (number, number), change


def test_a_changed_parameter_or_audience_runs_every_notebook_again_and_going_back_runs_none(signing):
    signing.render(overrides=("years=4",))
    assert runs_of(signing, "01_first") == 2
    signing.render(audience="exempt")
    assert runs_of(signing, "01_first") == 3
    signing.render()
    assert runs_of(signing, "01_first") == 3


def test_what_the_pack_file_says_and_a_page_altered_by_hand_run_nothing_and_are_put_right(signing):
    pack = signing.root / "config/packs/small.toml"
    pack.write_text(pack.read_text().replace("A small pack", "Another title"))
    signing.render()
    assert b"Another title" in signing.pages["index.html"]
    page = signing.root / "reports/small/01_first.html"
    before = page.read_bytes()
    page.write_bytes(before.replace(b"children", b"Children", 1))
    signing.render()
    assert page.read_bytes() == before
    assert runs_of(signing, "01_first") == 1
    signing.render(fresh=True)
    assert (runs_of(signing, "01_first"), runs_of(signing, "02_second")) == (2, 2)
    assert page.read_bytes() == before


def test_a_kept_run_that_is_not_whole_is_run_again(signing):
    for number, ending in enumerate(("", ".ipynb", ".ledger"), start=2):
        for path in (signing.root / FOLDER).iterdir():
            if path.suffix == ending:
                path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2])
        (signing.root / "reports/small/manifest.json").write_text("{}")
        signing.render()
        assert (runs_of(signing, "01_first"), runs_of(signing, "02_second")) == (number, number), ending
        assert stat.S_IMODE((signing.root / FOLDER).stat().st_mode) == 0o700  # its owner's alone


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
    run = project.root / "config/runs/small.toml"
    run.write_text(run.read_text() + "\n[disclosure.public]\nrounding_base = 1\n")
    project.render()
    assert (runs_of(project, "01_first"), runs_of(project, "02_second")) != (1, 1)
    assert "".join(signed(project)).count("[c]") == 2  # the small one, and another part or the total
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
