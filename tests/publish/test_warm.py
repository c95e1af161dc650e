"""Kernels are forked from one Python that has imported everything; they live and die with whoever asked for them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from publish.projects import PARAMETERS, Project, a_code_cell, a_notebook, prose

from cip_analysis.publish.pack import PackError
from cip_analysis.publish.running.warm import modules_of, warm_kernels

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")
PARENT = "import os; _ = open('parent', 'w').write(open(f'/proc/{os.getppid()}/cmdline').read())"


def only(project: Project, *sources: str) -> None:
    """The pack made of one notebook of these cells."""
    notebook = a_notebook()
    notebook.cells = [prose("# Quick\n\nIs it?"), a_code_cell(PARAMETERS, "parameters"), *map(a_code_cell, sources)]
    project.write("01_first", notebook)
    pack = project.root / "config/packs/small.toml"
    pack.write_text(pack.read_text().replace('["01_first", "02_second"]', '["01_first"]'))


def wait_for(happens, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def alive(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and ") Z " not in stat.read_text()


def caller_of(address: Path, folder: Path) -> subprocess.Popen[bytes]:
    """A caller that asks for a kernel, as a runner starts one."""
    from cip_analysis.publish.running.kernels import CALLER

    words = [sys.executable, "-I", "-S", str(CALLER), str(address), str(folder / "kernel.json")]
    return subprocess.Popen(words, cwd=folder)


def kernels_under(parent: int) -> list[int]:
    """The living children of a process."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(one) for one in listed if alive(int(one))]


def test_a_notebook_runs_in_a_fork_of_the_zygote_and_a_cold_one_does_not(project):
    only(project, PARENT)
    project.render()
    assert "publish.running.zygote" in (project.root / "parent").read_text()
    project.render(warm=False, fresh=True)
    assert "publish.running.zygote" not in (project.root / "parent").read_text()


def test_what_a_cell_draws_from_chance_is_not_the_same_in_every_fork(project):
    draw = "import numpy; _ = open(f'drawn-{os.getpid()}', 'w').write(str(numpy.random.random()))"
    for name in ("01_first", "02_second"):
        notebook = a_notebook()
        notebook.cells = [
            prose("# Quick\n\nIs it?"), a_code_cell(PARAMETERS, "parameters"),
            a_code_cell(f"import os\n{draw}"),
        ]  # fmt: skip
        project.write(name, notebook)
    project.render()
    drawn = [path.read_text() for path in project.root.glob("drawn-*")]
    assert len(set(drawn)) == 2


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_kernel_dies_with_its_caller(tmp_path, how):
    with warm_kernels(["json"], tmp_path) as address:
        assert address is not None
        caller = caller_of(address, tmp_path)
        zygote = next(int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and _is_zygote(p, address))
        wait_for(lambda: kernels_under(zygote))
        wait_for(lambda: (tmp_path / "kernel.json").exists())
        kernel = kernels_under(zygote)[0]
        caller.send_signal(how)
        caller.wait(30)
        wait_for(lambda: not alive(kernel))


def test_a_kernel_dies_with_its_zygote(tmp_path):
    with warm_kernels(["json"], tmp_path) as address:
        assert address is not None
        caller = caller_of(address, tmp_path)
        zygote = next(int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and _is_zygote(p, address))
        wait_for(lambda: (tmp_path / "kernel.json").exists())
        kernel = kernels_under(zygote)[0]
        os.kill(zygote, signal.SIGKILL)
        wait_for(lambda: not alive(kernel))
        caller.wait(30)


def _is_zygote(process: Path, address: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(address) in words and b"-m" in words


def test_every_kernel_is_gone_once_the_zygote_is_done_with(tmp_path):
    with warm_kernels(["json"], tmp_path) as address:
        assert address is not None
        caller = caller_of(address, tmp_path)
        wait_for(lambda: (tmp_path / "kernel.json").exists())
    assert caller.wait(30) != 0


def test_a_module_that_starts_a_thread_or_is_not_there_costs_only_the_warmth(tmp_path, monkeypatch):
    started = "threading.Thread(target=time.sleep, args=[60], daemon=True).start()"
    (tmp_path / "threading_one.py").write_text(f"import threading, time\n{started}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with warm_kernels(["no_such_module", "json"], tmp_path) as address:
        assert address is not None
    with warm_kernels(["threading_one"], tmp_path / "second") as address:
        assert address is None


def test_a_hung_cell_dies_at_its_time_and_takes_no_other_with_it(project):
    pack = project.root / "config/packs/small.toml"
    pack.write_text(pack.read_text().replace("timeout_seconds = 60", "timeout_seconds = 3"))
    only(project, "import os, time; _ = open('hung', 'w').write(str(os.getpid())); time.sleep(600)")
    with pytest.raises(PackError, match="took longer than 3 seconds"):
        project.render()
    wait_for(lambda: not alive(int((project.root / "hung").read_text())))


def test_a_kernel_that_dies_is_told_in_words(project):
    only(project, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(PackError, match="its Python died, perhaps for want of memory"):
        project.render()


def test_the_modules_that_notebooks_import_are_each_named_once():
    notebook = a_notebook()
    named = modules_of([notebook, notebook])
    assert [name for name in named if not name.startswith(("datetime.", "cip_analysis.publish.charts."))][:3] == [
        "datetime", "pandas", "cip_analysis.publish.charts",
    ]  # fmt: skip
    assert len(named) == len(set(named))


def test_a_module_taken_from_a_package_is_warm_and_so_is_all_a_kernel_starts_with(project):
    only(
        project,
        "import sys\nheld = {'cip_analysis.publicly', 'ipykernel.debugger'} & set(sys.modules)",
        "from cip_analysis import publicly",
        "assert len(held) == 2, held",
    )
    project.render()


def test_what_is_read_ahead_is_read_once_before_any_kernel_and_its_threads_are_not_forked(project, monkeypatch):
    (project.root / "ahead.py").write_text(
        "from pathlib import Path\nimport threading, time\nheld = []\n"
        "def read_ahead(*, root, run, returns, audience):\n"
        "    threading.Thread(target=time.sleep, args=[60], daemon=True).start()\n"
        "    with (Path(root) / 'read').open('a') as opened:\n        opened.write('x')\n"
        "    return [run, returns, audience]\n"
        "keep_ahead = held.append\n"
    )
    for name in ("01_first", "02_second"):
        notebook = a_notebook()
        notebook.cells = [
            prose("# Quick\n\nIs it?"), a_code_cell(PARAMETERS, "parameters"),
            a_code_cell("import ahead; assert ahead.held == [[run, returns, audience]]"),
        ]  # fmt: skip
        project.write(name, notebook)
    monkeypatch.setenv("PYTHONPATH", str(project.root))
    project.render(reads_ahead="ahead")
    assert (project.root / "read").read_text() == "x"
