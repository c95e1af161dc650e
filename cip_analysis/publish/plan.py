"""What a pack is to be made of: its settings read and its parameters checked, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cip_analysis.councils import council_file, read_council
from cip_analysis.publish import parameters
from cip_analysis.publish.running.notebooks import read_notebook
from cip_analysis.settings import Council, Pack, Run, read_settings

NAMED = ("returns", "payments", "published", "national", "track_record", "capacity", "indices", "settings",
         "earlier", "previous", "words")  # fmt: skip
EXEMPT = "exempt"
AUDIENCES = ("public", EXEMPT)
WRITTEN = ("appraisal", "bidders", "contracts", "equality", "evaluations", "regions", "views", "work_packages")
"""Folders of config/ that notebooks open for themselves: what is written there is part of every pack's settings."""

Values = dict[str, dict[str, parameters.Value]]


class PackError(ValueError):
    """A pack could not be made. Whatever stood in its place still does."""


class PlaceTakenError(PackError):
    """Another process is making a pack for the same place just now."""


@dataclass(frozen=True, slots=True)
class PackRequest:
    """What to render and where.

    to: the folder that holds packs; the pack gets a folder of its own there. overrides: `name=value` texts.
    audience: public or exempt; the pack's own unless told. What is exempt from publication goes into a folder of that
    name. keep_failed: a folder for a notebook that stops, which may then hold children's data; else none.
    warm: kernels forked from one that has imported everything, where this system can. fresh: every notebook
    is run and every file made again, whatever is kept. reads_ahead: a module that reads what the notebooks
    are about to ask for, once for all of them, given the project's root and their parameters; none where blank.
    lasting: warm kernels are this process's for good, for one that makes many packs; then nothing is read ahead.
    """

    pack_file: Path
    root: Path
    to: Path
    jobs: int = 2
    audience: str | None = None
    overrides: tuple[str, ...] = ()
    keep_failed: Path | None = None
    warm: bool = True
    fresh: bool = False
    reads_ahead: str = ""
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A request with everything read and checked, before anything runs."""

    request: PackRequest
    pack: Pack
    run: Run
    council: Council
    audience: str
    notebooks: tuple[Path, ...]
    values: Values
    sources: Mapping[str, list[Path]]

    @property
    def own_data(self) -> bool:
        """Whether the returns are the run's own, and not another folder's."""
        return not any(values.get("returns") for values in self.values.values())

    @property
    def returned(self) -> bool:
        """Whether there are returns to read; without any, only published figures are told."""
        return bool(self.run.returns) or not self.own_data

    @property
    def told_values(self) -> Values:
        """The parameters as they may be written down: of a path outside the project, only its last part."""
        return {
            notebook: {name: parameters.as_told(value) for name, value in values.items()}
            for notebook, values in self.values.items()
        }

    @property
    def folder(self) -> Path:
        """Where the pack will stand; one that is not for publication in a folder apart.

        A pack of a council chosen by its code is called after it too: there may be one of each.
        """
        apart = self.request.to / EXEMPT if self.audience == EXEMPT else self.request.to
        chosen = any(values.get("council") for values in self.values.values())
        return apart / (f"{self.pack.name}-{self.council.la_code}" if chosen else self.pack.name)


def plan_pack(request: PackRequest) -> Plan:
    """The request with its settings read and every notebook's parameters checked.

    Raises SettingsError, ParameterError or PackError, each naming what is wrong.
    """
    pack = read_settings(request.pack_file, Pack)
    audience = request.audience or pack.audience
    if audience not in AUDIENCES:
        raise PackError(f"{audience!r} is not an audience. Choose {' or '.join(AUDIENCES)}.")
    notebooks = tuple(_notebook(request.root, name) for name in pack.notebooks)
    if len(set(notebooks)) != len(notebooks) or not notebooks:
        raise PackError(f"{request.pack_file.name}: a pack needs notebooks, each named once.")
    asked = parameters.read_overrides(request.overrides)
    if "audience" in asked:
        raise PackError("The audience is chosen with --audience, not --set.")
    declared = {path.stem: parameters.read_parameters(read_notebook(path), path.name) for path in notebooks}
    offered: dict[str, parameters.Value] = {"run": pack.run, "audience": audience}
    values = parameters.choose_values(declared, offered, {**pack.parameters, **asked})
    run_file = request.root / str(asked.get("run", pack.run))
    run = read_settings(run_file, Run)
    council = read_council(request.root, str(asked.get("council") or pack.parameters.get("council") or run.council))
    sources = _sources(
        request, run_file, run, {name: value for each in values.values() for name, value in each.items()}
    )
    _refuse_absent(sources, request.root)
    plan = Plan(request, pack, run, council, audience, notebooks, values, {**sources, "notebook": list(notebooks)})
    _refuse_unreturned(plan)
    return plan


def _notebook(root: Path, name: str) -> Path:
    path = root / "notebooks" / f"{name.removesuffix('.ipynb')}.ipynb"
    if Path(name).name != name or not path.is_file():
        held = ", ".join(sorted(one.stem for one in path.parent.glob("*.ipynb"))) or "none"
        raise PackError(f"There is no notebook {name}. The folder {path.parent.name} holds: {held}.")
    return path


def _written(root: Path) -> list[Path]:
    """Every settings file that a notebook may open for itself, in order."""
    return [path for name in WRITTEN for path in sorted((root / "config" / name).glob("*.toml"))]


def _refuse_absent(sources: Mapping[str, list[Path]], root: Path) -> None:
    """Refuse a file or folder that the run or a parameter names and that is not there, before anything runs."""
    absent = [
        f"No {role} at {path.relative_to(root) if path.is_relative_to(root) else path.name}."
        for role in NAMED
        for path in sources.get(role, [])
        if not path.exists()
    ]
    if absent:
        raise PackError(
            f"{' '.join(absent)} Check the paths in the run's settings and after --set: they start at the project's "
            "root, and one that is not wanted is left blank."
        )


def _refuse_unreturned(plan: Plan) -> None:
    """Refuse, where the run names no returns, a notebook that can tell nothing without them."""
    needing = [name for name, values in plan.values.items() if "returns" in values and "council" not in values]
    if needing and not plan.returned:
        raise PackError(
            f"{', '.join(needing)}: nothing can be told there without returns, and the run names none. Name the "
            "council's returns in the run's settings, or take these out of the pack."
        )


def _sources(
    request: PackRequest, run_file: Path, run: Run, values: Mapping[str, parameters.Value]
) -> dict[str, list[Path]]:
    """Everything the pack rests on, by what it is for: files and folders, absolute."""
    root = request.root
    own = not values.get("returns")
    data = {
        "returns": values.get("returns") or run.returns,
        "payments": values.get("payments") or (run.payments if own else ""),
        "published": run.published,
        "national": run.national,
        "track_record": run.track_record,
        "capacity": run.capacity if own else "",
        "indices": run.indices,
    }
    named = {name: value for name, value in values.items() if isinstance(value, str) and value and name not in data}
    extra = {f"parameter {name}": [root / value] for name, value in named.items() if (root / value).is_file()}
    settings = [request.pack_file, run_file, council_file(root, run.council), root / "config" / "assumptions.toml"]
    chosen = (run.claims, run.savings, run.budget, *run.scenarios)
    pack = read_settings(request.pack_file, Pack)
    words = (pack.report, pack.glossary)
    return {
        "earlier": [root / folder / "data" / "cells.csv" for folder in pack.earlier],
        "previous": [root / pack.previous / "manifest.json"] if pack.previous else [],
        "words": [root / name for name in words if name],
        **extra,
        **{role: [root / str(where)] for role, where in data.items() if where},
        "settings": [*settings, *(root / name for name in chosen if name), *_written(root)],
        "reference": [root / "data" / "reference"],
        "code": [root / "cip_analysis", root / "pyproject.toml", root / "uv.lock"],
    }
