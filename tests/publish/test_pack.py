"""A pack is rendered whole or not at all, the same each time, and the last good one outlives any failure."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from publish.projects import PARAMETERS, RELEASE, TABLE, Project, a_code_cell, a_notebook, make_project, prose

from cip_analysis.publish.pack import PackError, render_pack
from cip_analysis.publish.parameters import ParameterError
from cip_analysis.publish.provenance import verify_pack
from cip_analysis.settings import SettingsError

PLAIN = "import sys"


def quick(project: Project, *sources: str) -> None:
    """The pack made of one notebook as small as can be: a title, parameters, a step, and these cells."""
    shorten(project, "01_first")
    first = [prose("# Quick\n\nIs it?\n\n## The weak step"), a_code_cell(PARAMETERS, "parameters")]
    write(project, "01_first", *first, *[a_code_cell(one) for one in sources])


def shorten(project: Project, *names: str) -> None:
    """The pack made of these notebooks only."""
    settings = project.root / "config/packs/small.toml"
    listed = ", ".join(f'"{name}"' for name in names)
    settings.write_text(re.sub(r"notebooks = \[.*\]", f"notebooks = [{listed}]", settings.read_text()))


def write(project: Project, name: str, *cells: nbformat.NotebookNode) -> None:
    notebook = a_notebook()
    notebook.cells = list(cells)
    project.write(name, notebook)


def test_a_pack_has_a_front_page_every_page_and_a_manifest_that_holds(rendered):
    folder = rendered.root / "reports" / "small"
    assert sorted(path.name for path in folder.iterdir()) == [
        "01_first.html", "02_second.html", "about.html", "assumptions.csv", "data", "index.html", "manifest.json",
        "ro-crate-metadata.json", "small.docx", "small.pdf", "tables.xlsx",
    ]  # fmt: skip
    assert verify_pack(folder) == []
    assert sorted(path.name for path in folder.parent.iterdir()) == [".cache", "small"]


def test_the_same_pack_twice_is_the_same_bytes(rendered, tmp_path):
    again = make_project(tmp_path)
    again.render()
    assert again.pages == rendered.pages


def test_the_manifest_says_what_went_in_and_nothing_of_this_machine(rendered):
    text = (rendered.root / "reports" / "small" / "manifest.json").read_text()
    told = json.loads(text)
    roles = {one["role"]: one["path"] for one in told["inputs"]}
    assert roles["returns"] == "data/returns/episodes.csv"
    assert roles["notebook"] == "notebooks/02_second.ipynb"
    assert {"settings", "returns", "notebook"} <= roles.keys()
    assert told["synthetic"] is True
    assert told["parameters"]["01_first"]["years"] == 3
    assert told["packages"].keys() >= {"pandas", "papermill", "matplotlib"}
    assert str(rendered.root) not in text
    assert str(Path.home()) not in text


def test_pages_hold_the_figures_their_notebooks_found(rendered):
    page = rendered.pages["01_first.html"].decode()
    assert "In 2018, 150 children were in foster homes." in page
    assert "In 2018, 150 children were in foster homes." in rendered.pages["index.html"].decode()
    assert page.count("data:image/png;base64,") == 1


def test_no_page_holds_a_path_of_this_machine_or_the_time(rendered):
    for page in rendered.pages.values():
        assert str(rendered.root).encode() not in page
        assert b"papermill" not in page


def test_pages_are_light(rendered):
    assert all(len(page) < 150_000 for page in rendered.pages.values())


def test_a_failing_notebook_leaves_the_last_good_pack_and_says_where_why_and_what_next(project):
    quick(project, PLAIN, "import os")
    project.render()
    before = project.pages
    quick(project, PLAIN, "raise ValueError('first line\\nthe stock does not add up, child 123456')")
    with pytest.raises(PackError) as failure:
        project.render()
    assert str(failure.value) == (
        "01_first.ipynb: cell 4 of 4, under “The weak step”, stopped: "
        "ValueError: the stock does not add up, child …\n"
        "Open notebooks/01_first.ipynb with `make lab`, run it to that cell and mend the cause; "
        "then render the pack again.\n"
        "The last good pack in small is untouched."
    )
    assert project.pages == before
    assert verify_pack(project.root / "reports" / "small") == []
    assert sorted(path.name for path in (project.root / "reports").iterdir()) == [".cache", "small"]


def test_an_error_of_our_own_is_told_in_full_and_is_its_own_advice(project):
    said = "no file 'a' among 12. Add it."
    quick(project, f'from cip_analysis.run import RunError; raise RunError("{said}")')
    with pytest.raises(PackError) as failure:
        project.render()
    assert f"stopped: RunError: {said}\nDo as it says; then render the pack again." in str(failure.value)


def test_a_first_pack_that_fails_leaves_nothing(project):
    quick(project, "1 / 0")
    with pytest.raises(PackError, match=r"ZeroDivisionError: division by zero\n(.|\n)*No pack was written"):
        project.render()
    assert list((project.root / "reports").iterdir()) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import warnings; warnings.warn('seen 999')", "wrote a warning or an error"),
        ("print('seen 999')", "printed text"),
        ("import pandas as pd; pd.DataFrame({'seen': [999]})", "has not come through"),
    ],
)
def test_what_did_not_come_through_the_door_fails_the_pack(project, source, fault):
    quick(project, source)
    with pytest.raises(PackError, match=fault) as failure:
        project.render()
    assert "999" not in str(failure.value)


def test_a_cell_that_never_ends_is_stopped_at_its_time(project):
    quick(project, "import time", "time.sleep(600)")
    settings = project.root / "config/packs/small.toml"
    settings.write_text(settings.read_text().replace("timeout_seconds = 60", "timeout_seconds = 2"))
    began = time.monotonic()
    with pytest.raises(PackError, match=r"cell 4 of 4, .* it took longer than 2 seconds"):
        project.render()
    assert time.monotonic() - began < 30


def test_a_python_that_dies_is_told_as_such(project):
    quick(project, "import os; os._exit(1)")
    with pytest.raises(PackError, match="cell 3 of 3, under “The weak step”, stopped: its Python died"):
        project.render()


def test_a_failing_notebook_is_kept_only_when_asked_for_and_only_that_one(project, tmp_path):
    quick(project, "1 / 0")
    write(project, "02_second", prose("# Sound"), a_code_cell(PARAMETERS, "parameters"))
    shorten(project, "02_second", "01_first")
    kept = tmp_path / "kept"
    kept.mkdir()
    with pytest.raises(PackError):
        project.render(keep_failed=kept, jobs=1)
    assert [path.name for path in kept.iterdir()] == ["01_first.ipynb"]


def test_overrides_reach_the_notebooks_and_the_manifest(project):
    quick(project, 'from cip_analysis.publish.tables import say\nsay("{a}, {b}, {c}", a=years, b=share, c=str(shown))')
    project.render(overrides=("years=4", "share=1", "shown=false"))
    assert "4, 1.0, False" in project.pages["01_first.html"].decode()
    told = json.loads((project.root / "reports/small/manifest.json").read_text())
    assert told["parameters"]["01_first"]["years"] == 4


@pytest.mark.parametrize(
    ("overrides", "fault"),
    [
        (("yeers=4",), "parameter yeers.*years"),
        (("years=007",), "years wants a whole number, not '007'"),
        (("shown=yes",), "shown wants true or false, not 'yes'"),
        (("years",), "write --set name=value"),
        (("audience=exempt",), "chosen with --audience"),
        (("run=config/runs/none.toml",), "no such settings file"),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_runs(project, overrides, fault):
    with pytest.raises((ParameterError, PackError, SettingsError), match=fault):
        project.render(overrides=overrides)
    assert not (project.root / "reports").exists()


def test_a_notebook_without_its_tag_is_refused_before_anything_runs(project):
    notebook = a_notebook()
    notebook.cells[1].metadata["tags"] = []
    project.write("02_second", notebook)
    with pytest.raises(ParameterError, match=r"02_second\.ipynb: 0 code cells are tagged"):
        project.render()


def test_a_notebook_that_is_not_there_is_refused_with_those_that_are(project):
    (project.root / "notebooks/02_second.ipynb").unlink()
    with pytest.raises(PackError, match=r"no notebook 02_second\. The folder notebooks holds: 01_first"):
        project.render()


def test_a_file_that_is_no_notebook_is_refused(project):
    (project.root / "notebooks/02_second.ipynb").write_text("<html>")
    with pytest.raises(ValueError, match=r"02_second\.ipynb is not a notebook"):
        project.render()


def test_another_audience_stands_beside_the_public_pack_and_never_on_it(project):
    quick(project, "audience == 'exempt' or 1 / 0; None")
    made = project.render(audience="exempt").relative_to(project.root / "reports")
    assert made == Path("exempt/small")
    with pytest.raises(PackError, match="'everyone' is not an audience"):
        project.render(audience="everyone")


def test_data_outside_the_project_are_named_by_their_folder_only(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("secret") / "county_returns"
    outside.mkdir()
    (outside / "episodes.csv").write_text("CHILD\n1\n")
    quick(project, PLAIN)
    project.render(overrides=(f"returns={outside}",))
    text = (project.root / "reports/small/manifest.json").read_text()
    assert '"county_returns/episodes.csv"' in text
    assert str(outside.parent) not in text
    assert all(str(outside.parent).encode() not in page for page in project.pages.values())
    assert b"county_returns" in project.pages["01_first.html"]


def test_a_folder_that_is_no_pack_is_never_replaced(project):
    holds = project.root / "reports" / "small"
    holds.mkdir(parents=True)
    (holds / "letter.txt").write_text("mine")
    with pytest.raises(PackError, match="holds something other than a pack"):
        project.render()
    assert (holds / "letter.txt").read_text() == "mine"


def test_a_pack_whose_replacing_was_cut_short_is_put_back(project):
    quick(project, PLAIN)
    folder = project.render()
    folder.rename(folder.with_name(".small.aside"))
    quick(project, "1 / 0")
    with pytest.raises(PackError, match="The last good pack in small is untouched"):
        project.render()
    assert verify_pack(folder) == []


def test_a_pack_that_cannot_take_its_place_leaves_the_last_good_one(project, monkeypatch):
    quick(project, PLAIN)
    folder = project.render()
    before = project.pages
    quick(project, "import os")
    monkeypatch.setattr("cip_analysis.publish.running.places._swap", lambda _made, _folder: False)

    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if target == folder and path.name == "small":
            raise PermissionError(13, "in use")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PackError, match="could not take the place of small: in use"):
        project.render()
    assert project.pages == before


SIGN_IN = "_ = pathlib.Path(f'{os.getpid()}.pid').write_text('')"
KILLED = """
import sys
from pathlib import Path
from cip_analysis.publish.pack import PackRequest, render_pack
root = Path(sys.argv[1])
render_pack(PackRequest(root / "config/packs/small.toml", root, root / "reports"), print)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_killed_half_way_leaves_the_last_good_pack_and_no_python_behind(project, how):
    quick(project, PLAIN)
    project.render()
    before = project.pages
    quick(project, "import os, time, pathlib", SIGN_IN, "time.sleep(600)")
    run = subprocess.Popen([sys.executable, "-c", KILLED, str(project.root)], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)  # fmt: skip
    wait_for(lambda: len(list(project.root.glob("*.pid"))) == 1)
    run.send_signal(how)
    run.wait(timeout=30)
    assert project.pages == before
    wait_for(lambda: not any(alive(int(mark.stem)) for mark in project.root.glob("*.pid")))


def wait_for(happens, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def alive(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and ") Z " not in stat.read_text()


def test_kernels_are_this_environments_own_python_whatever_the_machine_offers(project, monkeypatch, tmp_path):
    other = tmp_path / "jupyter" / "kernels" / "python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text(json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    quick(project, f"import sys; assert sys.executable == {sys.executable!r}")
    assert project.render().is_dir()


def test_progress_is_told_from_nought_to_all(project):
    quick(project, PLAIN)
    told = []
    render_pack(project.request, lambda done, what: told.append((done, what)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (1, "Done")
    assert any(what.startswith("Running") for _, what in told)


def test_a_run_that_names_what_is_not_there_is_refused_before_anything_runs(project):
    (project.root / "data/returns/episodes.csv").unlink()
    (project.root / "data/returns").rmdir()
    told = []
    with pytest.raises(PackError, match=r"No returns at data/returns\. No payments at paid\.csv\. Check the paths"):
        run = project.root / "config/runs/small.toml"
        run.write_text(run.read_text() + 'payments = "paid.csv"\n')
        render_pack(project.request, lambda _done, what: told.append(what))
    assert told == []


def test_a_pack_from_another_folder_says_the_day_that_most_of_its_exhibits_describe(project, tmp_path):
    later = a_code_cell(RELEASE.replace("2018, 3, 31", "2025, 3, 31"))
    project.write(
        "02_second", a_notebook("Later", [later, a_code_cell(TABLE.replace("Children and", "Later children and"))])
    )
    pack = project.render(overrides=(f"returns={project.root / 'data/returns'}",))
    assert json.loads((pack / "manifest.json").read_text(encoding="utf-8"))["as_at"] == "2018-03-31"
