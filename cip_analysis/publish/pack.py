"""A pack of evidence, rendered whole or not at all.

    folder = render_pack(PackRequest(pack_file, root, to=root / "reports"), progress=print)

Parameters are checked before anything runs. Notebooks run in private folders; the pack takes its place only when every
page is made, and the last good pack stands untouched until then. No executed notebook is kept.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cip_analysis.publish import provenance
from cip_analysis.publish.plan import PackError, PackRequest, Plan, plan_pack
from cip_analysis.publish.report.assembly import make_cover, write_manifest, write_pages
from cip_analysis.publish.running.execution import Progress, run_all
from cip_analysis.publish.running.places import make_room, promote

__all__ = ["PackError", "PackRequest", "Plan", "plan_pack", "render_pack"]


def render_pack(request: PackRequest, progress: Progress) -> Path:
    """The pack's folder, every page rendered afresh.

    progress: told how many notebooks are done and what is under way, always from the caller's own thread.
    Raises PackError, or SettingsError and ParameterError before anything runs; the last good pack is then untouched.
    """
    started = datetime.now(UTC)
    plan = plan_pack(request)
    make_room(plan.folder)
    before = provenance.hash_inputs(request.root, plan.sources)
    executed = run_all(plan, progress)
    inputs = provenance.hash_inputs(request.root, plan.sources)
    provenance.check_unchanged(before, inputs)
    progress(len(executed), "Writing pages")
    with tempfile.TemporaryDirectory(prefix=f".{plan.folder.name}.making-", dir=request.to) as making:
        folder = Path(making) / plan.folder.name
        folder.mkdir()
        cover = make_cover(plan, executed, inputs)
        write_pages(plan, cover, executed, folder)
        write_manifest(plan, cover, inputs, folder, started)
        promote(folder, plan.folder)
    progress(len(executed), "Done")
    return plan.folder
