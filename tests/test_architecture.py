"""The house's own rules: imports run one way, files are touched in two rooms, nothing machine-bound is committed."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
from pathlib import Path

import pytest
from builders import ROOT

PACKAGE = ROOT / "cip_analysis"
LEVELS = {
    "codes": 0, "contracts": 0, "ledgers": 0, "records": 0, "projections": 0, "settings": 0, "scenario_settings": 0,
    "savings_settings": 0, "bidder_settings": 0, "budget_settings": 0, "work_package_settings": 0,
    "contract_settings": 0, "councils": 0, "evaluation_settings": 0, "equality_settings": 0, "source_settings": 0,
    "region_settings": 0, "safeguarding": 0, "typed_values": 0, "database_commands": 9,
    "synthetic": 1, "returns": 1, "demand": 2, "money": 3, "impact": 4, "publish": 5,
    "store": 5, "run": 6, "forecasts": 7, "publicly": 7, "forecast_account": 7, "accuracy_account": 7,
    "placement_account": 7, "places_account": 7, "printing": 7,
    "explorer": 8, "costs": 8, "spend_account": 9, "cost_account": 9, "residential_account": 10,
    "homes_account": 9, "market_account": 9, "savings_account": 9, "appraisal_account": 9, "contract_account": 10,
    "comparison_account": 9, "region_account": 9, "region_places_account": 10, "equality_account": 10,
    "evaluation_account": 9, "monitoring": 9, "monitoring_account": 9, "monitoring_words": 9, "pack_commands": 10,
    "fetch_commands": 10, "batch_commands": 11, "cli": 11,
}  # fmt: skip
DOORS = ("cli", "pack_commands", "batch_commands", "explorer")
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """The room, or the top-level module, a file of the package stands in."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_of(path: Path) -> set[str]:
    """The package's own modules that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cip_analysis"):
            module = node.module or ""
            found |= {module} if module.count(".") > 1 else {f"{module}.{alias.name}" for alias in node.names}
            if module.count(".") == 1 and not (ROOT / module.replace(".", "/")).is_dir():
                found = {name for name in found if not name.startswith(f"{module}.")} | {module}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("cip_analysis")}
    return found


@pytest.mark.parametrize("path", [path for path in MODULES if path.stem != "__init__"], ids=lambda path: path.stem)
def test_no_module_imports_against_the_flow(path):
    here = room_of(path)
    for module in imports_of(path):
        there = module.split(".")[1]
        if there == here:
            continue
        assert LEVELS[there] <= LEVELS[here], f"{here} imports {there}"
        assert there != "publish" or here in DOORS, f"{here} imports publish, the door out"
        if here == "publish":
            assert there in ("codes", "contracts", "ledgers", "projections", "records", "settings", "councils"), (
                "publish reads records and settings only"
            )
        assert {here, there} != {"returns", "synthetic"}, (
            "the readers and the invented county know nothing of each other"
        )


def test_the_import_graph_has_no_cycle():
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in MODULES}
    graph = {name: imports_of(path) & names.keys() - {name} for name, path in names.items()}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(names)


def test_only_the_rooms_with_doors_touch_files():
    opening = re.compile(
        r"\bopen\(|read_parquet\(|np\.load\(|\.read_text\(|\.write_text\(|\.read_bytes\(|\.write_bytes\(|read_csv\(|\.to_csv\(|read_excel\("
    )
    touching = {room_of(path) for path in MODULES if opening.search(path.read_text(encoding="utf-8"))}
    assert touching <= {
        "returns",
        "publish",
        "synthetic",
        "settings",
        "councils",
        "store",
        "cli",
        "pack_commands",
        "database_commands",
    }


def test_nothing_below_the_command_reads_a_clock_or_the_environment():
    hidden = re.compile(r"date\.today|datetime\.now|time\.time\(|os\.environ|np\.random\.(seed|rand)|random\.random\(")
    for path in MODULES:
        if room_of(path) not in ("cli", "pack_commands", "fetch_commands", "database_commands", "publish"):
            assert not hidden.search(path.read_text(encoding="utf-8")), path.name


def test_no_room_or_alcove_holds_more_than_it_can_show():
    for folder in {path.parent for path in MODULES} - {PACKAGE}:
        files = [path for path in folder.glob("*.py") if path.stem != "__init__"]
        assert len(files) <= 11, f"{folder.name} holds {len(files)} modules: split it by question"


def test_an_alcove_holds_no_other():
    assert max(len(path.relative_to(PACKAGE).parts) for path in MODULES) <= 3


def test_no_tracked_file_carries_a_machine_path_or_a_real_return():
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    machine = re.compile(r"(?<![\w.])/(home|root|Users|work)/\w+")
    for name in listing.stdout.splitlines():
        path = ROOT / name
        assert not name.startswith(("reports/", "data/synthetic/")), name
        assert not (name.startswith("data/returns/") and name != "data/returns/README.md"), name
        if path.suffix in {".py", ".md", ".toml", ".yml", ".ipynb", ".csv", ".html", ".css"} and path.exists():
            found = machine.search(path.read_text(encoding="utf-8"))
            assert path.name in ("test_architecture.py",) or not found, f"{name}: {found}"
