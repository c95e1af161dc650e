"""What a finished pack says of itself to machines: `ro-crate-metadata.json`, then `manifest.json` over every file.

The crate follows RO-Crate 1.1 and its Process Run profile: the action that made the pack, by which software, from which
inputs, into which files. It holds no clock, so that the same pack is the same bytes; the manifest's clock does.
Source: research-object crates, RO-Crate specification 1.1 and Process Run Crate profile 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from cip_analysis.publish import provenance
from cip_analysis.publish.plan import Plan
from cip_analysis.publish.provenance import Hashed
from cip_analysis.publish.report.layout import Cover

VERSION = "1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
KINDS = {
    ".html": "text/html",
    ".csv": "text/csv",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Making:
    """How a pack came to be. inputs: hashed. started: when. notes: what could not be made here. audit: in words."""

    inputs: tuple[Hashed, ...]
    started: datetime
    notes: tuple[str, ...] = ()
    audit: str = ""


def seal_pack(plan: Plan, cover: Cover, making: Making, folder: Path) -> None:
    """The manifest of everything in the finished folder, the crate's metadata among it."""
    code = provenance.code_version(plan.request.root)
    now = datetime.now(UTC)
    facts = {
        "pack": {"name": plan.pack.name, "title": cover.title, "meeting": cover.meeting, "status": cover.status},
        "council": cover.council,
        "audience": cover.audience,
        "as_at": cover.as_at.isoformat() if cover.as_at else None,
        "synthetic": cover.synthetic,
        "run_id": cover.run_id,
        "seed": plan.run.seed,
        "parameters": plan.told_values,
        "code": {"commit": code.commit, "clean": code.clean},
        "python": provenance.python_version(),
        "packages": provenance.key_packages(),
        "not_made": list(making.notes),
        "audit": making.audit,
        "clock": {"started": f"{making.started:%Y-%m-%dT%H:%M:%SZ}", "finished": f"{now:%Y-%m-%dT%H:%M:%SZ}"},
    }
    provenance.write_manifest(folder, facts, making.inputs)


def write_crate(plan: Plan, cover: Cover, inputs: Sequence[Hashed], folder: Path) -> None:
    """`ro-crate-metadata.json`, over every file that stands in the folder."""
    crate = ROCrate(version=VERSION)
    crate.name = cover.title
    crate.description = (
        f"Evidence for {cover.meeting}, {cover.council}: {cover.status}, {cover.audience_in_words.lower()}. "
        + ("SYNTHETIC: invented data, not real children. " if cover.synthetic else "")
        + "Its date is the day its figures describe; when it was made is in manifest.json."
    )
    crate.license = "Terms are the council's; see the pack's front page."
    crate.root_dataset["conformsTo"] = {"@id": PROFILE}
    crate.root_dataset["datePublished"] = cover.as_at.isoformat() if cover.as_at else "unknown"
    crate.add(ContextEntity(crate, PROFILE, {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}))
    made = [_file(crate, path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    used = [_input(crate, one) for one in inputs if one.role != "code"]
    software = crate.add(ContextEntity(crate, "#cip-analysis", _software(plan)))
    values = {name: value for each in plan.told_values.values() for name, value in sorted(each.items())}
    settings = [
        crate.add(
            ContextEntity(crate, f"#parameter-{name}", {"@type": "PropertyValue", "name": name, "value": str(value)})
        )
        for name, value in sorted(values.items())
        if value != ""
    ]
    action = {
        "@type": "CreateAction",
        "name": f"Made by run {cover.run_id}",
        "instrument": {"@id": software.id},
        "object": [{"@id": one.id} for one in (*used, *settings)],
        "result": [{"@id": one.id} for one in made],
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    crate.root_dataset["mentions"] = crate.add(ContextEntity(crate, f"#run-{cover.run_id}", action))
    crate.metadata.write(folder)


def _file(crate: ROCrate, path: Path, folder: Path) -> Any:
    """One file of the pack in the crate."""
    about: dict[str, Any] = {"contentSize": str(path.stat().st_size), "name": path.stem.replace("_", " ")}
    if kind := KINDS.get(path.suffix):
        about["encodingFormat"] = kind
    return crate.add_file(path, dest_path=path.relative_to(folder).as_posix(), properties=about)


def _input(crate: ROCrate, one: Hashed) -> Any:
    """One input in the crate, by what it is and its hash: it is not in the pack."""
    about = {"@type": "CreativeWork", "name": one.path, "description": one.role, "sha256": one.sha256}
    return crate.add(ContextEntity(crate, f"#input-{one.role.replace(' ', '-')}-{one.path}", about))


def _software(plan: Plan) -> dict[str, Any]:
    code = provenance.code_version(plan.request.root)
    return {
        "@type": "SoftwareApplication",
        "name": "cip-analysis",
        "softwareVersion": code.in_words,
        "softwareRequirements": [f"{name} {version}" for name, version in provenance.key_packages().items()],
    }
