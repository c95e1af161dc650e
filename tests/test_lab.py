"""`make lab`: its start page is in step with the notebooks, errors in a cell are short, and nothing remote is asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from builders import ROOT
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from cip_analysis.publish.running.errors import last_line, own_errors, say_error
from cip_analysis.run import RunError

CONFIG = ROOT / "config" / "lab"
START = ROOT / "notebooks" / "README.md"
PAGE = START.read_text(encoding="utf-8")
CHROMIUM = Path("/usr/bin/chromium")
ADDRESS = re.compile(r"http://localhost:\d+/\S*token=\w+")
CHILD = "KX71031QZ"
OUR_STOP = 'from cip_analysis.run import open_run\nopen_run("config/runs/autumn-2018.toml", returns="data/nowhere")'
THEIR_STOP = f'import pandas\npandas.DataFrame({{"child": ["{CHILD}"]}}).set_index("child").loc["{CHILD[:-1]}"]'
DEEP_STOP = "from cip_analysis.records import Released\nRelease = Released.__post_init__\nRelease(None)"

Stopped = dict[str, nbformat.NotebookNode]


def question(path: Path) -> list[str]:
    """A notebook's link, and the question of its first cell, as the start page's table has them."""
    title, *rest = nbformat.read(path, as_version=4).cells[0]["source"].splitlines()
    return [f"[{path.stem[:2]} {title.lstrip('# ')}]({path.name})", " ".join(line for line in rest if line)]


def run_cells(specs: KernelSpecManager, *cells: str) -> list[nbformat.NotebookNode]:
    """The error that each cell shows, all run in one kernel of these kinds."""
    manager = KernelManager(kernel_spec_manager=specs, kernel_name="python3")
    manager.start_kernel(cwd=str(START.parent))
    client = manager.client()
    client.start_channels()
    shown: list[nbformat.NotebookNode] = []
    try:
        client.wait_for_ready(60)
        for cell in cells:
            client.execute_interactive(cell, stop_on_error=False, timeout=60, output_hook=keep_errors(shown))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return shown


def keep_errors(shown: list[nbformat.NotebookNode]) -> Callable[[dict[str, Any]], None]:
    """Adds what a kernel says of an error, as a notebook keeps it."""

    def keep(message: dict[str, Any]) -> None:
        if message["msg_type"] == "error":
            shown.append(nbformat.v4.output_from_msg(message))

    return keep


@pytest.fixture(scope="module")
def stopped() -> Stopped:
    """What JupyterLab's kernel shows of cells that stop."""
    cells = {
        "ours": OUR_STOP, "theirs": THEIR_STOP, "too early": "county.as_at", "deep": DEEP_STOP, "all of it": "%tb",
        "spelling": "x = 1 +* 2",
    }  # fmt: skip
    return dict(
        zip(cells, run_cells(KernelSpecManager(kernel_dirs=[str(CONFIG / "kernels")]), *cells.values()), strict=True)
    )


def test_the_start_page_lists_every_notebook_in_order_with_its_question():
    rows = [row.strip("| ").split(" | ") for row in PAGE.splitlines() if row.startswith("| [")]
    assert rows == [question(path) for path in sorted(START.parent.glob("*.ipynb"))]


def test_every_link_of_the_start_page_leads_to_a_file():
    targets = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert len(targets) > 10
    assert [target for target in targets if not (START.parent / target).exists()] == []


def test_every_settings_file_in_its_commands_is_there_and_every_option_is_one():
    files = re.findall(r"config/(?:packs|runs)/(?!your-)[\w-]+\.toml", PAGE)
    assert files
    assert all((ROOT / name).exists() for name in files)
    source = (ROOT / "cip_analysis" / "pack_commands.py").read_text(encoding="utf-8")
    for option in re.findall(r"(?<![\w-])--([a-z][a-z-]+)", PAGE):
        assert re.search(rf"\b{option.replace('-', '_')}:", source), option


def test_the_parameters_it_explains_are_those_every_notebook_has():
    explained = re.findall(r"^\| `(\w+)` \|", PAGE, re.M)
    for path in START.parent.glob("*.ipynb"):
        cells = [
            cell for cell in nbformat.read(path, as_version=4).cells if "parameters" in cell.metadata.get("tags", [])
        ]
        assert re.findall(r"^(\w+):", cells[0].source, re.M)[:1] == ["run"]
        assert set(explained) <= set(re.findall(r"^(\w+):", cells[0].source, re.M)), path.name


def test_the_kernel_differs_from_the_ordinary_one_by_the_one_extension():
    ours = json.loads((CONFIG / "kernels" / "python3" / "kernel.json").read_text(encoding="utf-8"))
    usual = KernelSpecManager(kernel_dirs=[]).get_kernel_spec("python3").to_dict()
    assert ours["argv"][1:-1] == [word for word in usual["argv"][1:] if not word.startswith("-X")]
    assert ours["argv"][-1] == f"--ext={say_error.__module__}"
    assert ours["display_name"] == usual["display_name"]


def test_an_error_of_our_own_is_three_lines_and_keeps_its_kind_and_words(stopped):
    plain = run_cells(KernelSpecManager(kernel_dirs=[]), OUR_STOP)[0]
    shown = stopped["ours"]
    assert (shown.ename, shown.evalue) == (plain.ename, plain.evalue)
    assert len("\n".join(plain.traceback).splitlines()) > 10
    text = re.sub(r"\n  (?!at)", " ", "\n".join(shown.traceback))
    said, where, todo = text.splitlines()
    assert said == f"RunError: {plain.evalue}"
    assert where.startswith('  at line 2 of the cell: open_run("config/runs/autumn-2018.toml"')
    assert todo == "Do as it says, then run the cell again."


def test_an_error_of_anything_else_says_where_it_arose_and_names_no_child(stopped):
    shown = stopped["theirs"]
    text = "\n".join(shown.traceback)
    assert shown.ename == "KeyError"
    assert CHILD[:-1] not in shown.evalue
    assert re.search(r"^  pandas/core/[\w/]+\.py, line \d+, in get_loc$", text, re.M)
    assert str(ROOT) not in text
    assert len(text.splitlines()) <= 6


def test_a_fault_inside_the_package_names_our_module_not_this_machine(stopped):
    text = "\n".join(stopped["deep"].traceback)
    assert re.search(r"^  cip_analysis/[\w/]+\.py, line \d+, in \w+$", text, re.M)
    assert "This is a fault in the code" in text
    assert str(ROOT) not in text


def test_a_name_not_made_yet_asks_for_the_cells_above(stopped):
    assert "name 'county' is not defined" in stopped["too early"].traceback[0]
    assert "Run the cells above this one first" in stopped["too early"].traceback[0]


def test_all_the_particulars_can_be_asked_for(stopped):
    assert len("\n".join(stopped["all of it"].traceback).splitlines()) > len(stopped["deep"].traceback[0].splitlines())
    assert stopped["all of it"].ename == stopped["deep"].ename


def test_a_slip_of_spelling_is_shown_as_python_shows_it(stopped):
    assert stopped["spelling"].ename == "SyntaxError"
    assert "^" in "\n".join(stopped["spelling"].traceback)


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        (f"'{CHILD}'", "KeyError", "…"),
        (f"cannot read {CHILD} at row 4", "ValueError", "cannot read … at row …"),
        ("first at row 4, of 12 rows", "ReturnError", "first at row 4, of 12 rows"),
        ("upn V913704228617 of 3 rows", "ReturnError", "upn … of 3 rows"),
        ("cannot import name 'x' from 'y' (/any/where/y.py)", "ImportError", "cannot import name 'x' from 'y'"),
        ("", "ValueError", "it gave no reason"),
        ("first\n\nlast", "OSError", "last"),
    ],
)
def test_what_may_be_said_of_an_error(said, kind, told):
    assert last_line(said, kind) == told


def test_our_own_errors_are_known_by_name():
    assert {"RunError", "SettingsError", "ReturnError"} <= own_errors()
    assert "KeyError" not in own_errors()


def test_an_error_without_a_cell_is_said_too():
    assert say_error(RunError("No returns. Make some.")) == [
        "RunError: No returns. Make some.", "Do as it says, then run the cell again."
    ]  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """Where a real JupyterLab with these settings answers, its key within."""
    home = tmp_path_factory.mktemp("lab")
    own = {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("RUNTIME", "CONFIG", "DATA")}
    settings = "--config=config/lab/jupyter_lab_config.py"
    command = [sys.executable, "-m", "jupyterlab", settings, "--no-browser", "--port=0"]
    log = home / "log"
    with log.open("w") as told:
        server = subprocess.Popen(
            [*command, "--allow-root"], cwd=ROOT, env={**os.environ, "HOME": str(home), **own}, stdout=told, stderr=told
        )
    try:
        yield wait_for(lambda: ADDRESS.search(log.read_text(encoding="utf-8")))[0]
    finally:
        server.terminate()
        server.wait(30)


def wait_for(ask: Callable[[], re.Match[str] | None], seconds: int = 60) -> re.Match[str]:
    """What `ask` gives once it gives something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := ask():
            return found
        time.sleep(0.2)
    raise TimeoutError("JupyterLab did not start")


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
def test_lab_opens_on_the_start_page_fetches_nothing_remote_and_its_links_open_notebooks(address):
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.wait_for_selector(".jp-MarkdownViewer table", timeout=60_000)
        assert page.locator(".jp-MarkdownViewer h1").first.inner_text().startswith("Start here")
        page.locator(".jp-MarkdownViewer a", has_text="08 Savings").click()
        page.wait_for_selector(".jp-Notebook", timeout=30_000)
        assert page.url.endswith("/notebooks/08_savings.ipynb")
        page.locator(".jp-MarkdownViewer, .jp-Notebook").first.wait_for(state="attached")
        page.wait_for_timeout(2_000)
        assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0
        browser.close()
    local = address.partition("/lab")[0]
    assert [url for url in asked if not url.startswith((local, "data:", "blob:", local.replace("http", "ws")))] == []


def test_the_server_listens_to_this_machine_alone_and_asks_for_its_key():
    settings = (CONFIG / "jupyter_lab_config.py").read_text(encoding="utf-8")
    assert 'c.ServerApp.ip = "localhost"' in settings
    assert not re.search(r"token|password|allow_origin|disable_check_xsrf", settings)
