"""A pack of evidence, rendered whole or not at all.

    folder = render_pack(PackRequest(pack_file, root, to=root / "reports"), progress=print)

Parameters are checked before anything runs. Notebooks run in private folders; the pack takes its place only when every
file is made and an audit of the finished files has recovered nothing that is withheld, and the last good pack stands
untouched until then. A pack whose inputs are those of the one that stands is that one.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cip_analysis.publish import provenance
from cip_analysis.publish.plan import PackError, PackRequest, Plan, plan_pack
from cip_analysis.publish.running.places import place_for, promote

if TYPE_CHECKING:
    from cip_analysis.publish.running.execution import Runs
    from cip_analysis.publish.running.sealing import Making

__all__ = ["PackError", "PackRequest", "Plan", "plan_pack", "render_pack"]

Progress = Callable[[int, str], None]
PRODUCTS = Path("reports") / ".cache" / "products"
STANDS = "Unchanged: nothing that it rests on is new"


def render_pack(request: PackRequest, progress: Progress) -> Path:
    """The pack's folder, every notebook run, or taken as kept where nothing that it rests on has changed.

    progress: told how many notebooks are done and what is under way, always from the caller's own thread.
    Raises PackError, or SettingsError and ParameterError before anything runs; the last good pack is then untouched.
    """
    started = datetime.now(UTC)
    plan = plan_pack(request)
    with place_for(plan.folder):
        inputs = provenance.hash_inputs(request.root, plan.sources)
        run = provenance.run_id(inputs, plan.told_values, provenance.key_packages())
        if not request.fresh and provenance.stands(plan.folder, run, plan.audience, request.root):
            progress(len(plan.notebooks), STANDS)
            return plan.folder
        from cip_analysis.publish.running.execution import run_all  # slow to import, as are the rest
        from cip_analysis.publish.running.sealing import Making

        try:
            runs = run_all(plan, inputs, progress)
        except PackError:
            provenance.check_unchanged(inputs, provenance.hash_inputs(request.root, plan.sources))
            raise
        provenance.check_unchanged(inputs, provenance.hash_inputs(request.root, plan.sources))
        with tempfile.TemporaryDirectory(prefix=f".{plan.folder.name}.making-", dir=plan.folder.parent) as making:
            folder = Path(making) / plan.folder.name
            folder.mkdir()
            with _seldom_cleared():
                _make(plan, runs, Making(inputs, started), folder, progress)
            promote(folder, plan.folder)
    progress(len(plan.notebooks), "Done")
    return plan.folder


@contextmanager
def _seldom_cleared() -> Iterator[None]:
    """Memory searched for rubbish more seldom: pages are read as trees of very many small parts, all of them in use."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _make(plan: Plan, runs: Runs, making: Making, folder: Path, progress: Progress) -> None:
    """Every file of the pack, into `folder`, and the audit of them."""
    from dataclasses import replace

    from cip_analysis.publish.finished.checking import AuditError, audit_figures, audit_words, whole
    from cip_analysis.publish.finished.secrets import read_secrets
    from cip_analysis.publish.products.every import products_under_way
    from cip_analysis.publish.products.exhibits import read_exhibits
    from cip_analysis.publish.protection import pack_wide
    from cip_analysis.publish.protection.earlier import CELLS_FILE
    from cip_analysis.publish.report.assembly import make_cover, tell_downloads, write_pages
    from cip_analysis.publish.running.execution import standing
    from cip_analysis.publish.running.sealing import seal_pack, write_crate

    done, rule = len(plan.notebooks), plan.run.disclosure_for(plan.audience)
    ledgers = {name: ran.ledger for name, ran in runs.ran.items()}
    cover = make_cover(plan, runs.executed, making.inputs)
    progress(done, "Writing pages")
    pages = write_pages(plan, cover, runs.executed, folder, pack_wide.statement(ledgers))
    exhibits = [one for name, notebook in runs.executed.items() for one in read_exhibits(name, notebook)]
    progress(done, "Writing workbook, Word document and PDF")
    pack_wide.write_cells(ledgers, runs.rulings, rule, folder / CELLS_FILE)
    try:
        with products_under_way(
            pages, exhibits, cover, folder, plan.request.root / PRODUCTS, plan.request.fresh
        ) as finish:
            progress(done, "Looking for anything that could be worked out")
            figures, secrets = audit_figures(folder, exhibits, rule), read_secrets(plan.sources, plan.audience)
            searched = audit_words(folder, exhibits, secrets)
            progress(done, "Printing the PDF")
            notes = finish()
        tell_downloads(folder, notes)
        write_crate(plan, cover, making.inputs, folder)
        searched = audit_words(folder, exhibits, secrets, searched)
        found = whole(figures, secrets, searched).in_words
        seal_pack(plan, cover, replace(making, notes=notes, audit=found), folder)
        audit_words(folder, exhibits, secrets, searched)
    except AuditError as error:
        raise PackError(f"{error}\n{standing(plan.folder)}") from None
