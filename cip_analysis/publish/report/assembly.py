"""A finished pack's pages: the notebooks', the front page, what the pack rests on, and what changed since the last.

`write_pages` writes them and gives their HTML; once the products are made of it, `tell_downloads` adds the list of them
to the front page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from cip_analysis.publish import page, parameters, provenance
from cip_analysis.publish.disclosure import rule_in_words
from cip_analysis.publish.plan import PackError, Plan
from cip_analysis.publish.products.comma_files import table_as_text
from cip_analysis.publish.products.exhibits import Exhibit, read_exhibits
from cip_analysis.publish.report import comparing, gathering, moved, rests
from cip_analysis.publish.report.front import INDEX, Front, render_front, tell_downloads
from cip_analysis.publish.report.glossary import read_glossary, terms_used
from cip_analysis.publish.report.layout import Cover, Link, PageError
from cip_analysis.publish.report.references import Place, Places
from cip_analysis.publish.report.register import read_report_words
from cip_analysis.publish.running.execution import Executed, standing
from cip_analysis.publish.words import day_in_words
from cip_analysis.settings import read_assumptions

__all__ = ["make_cover", "tell_downloads", "write_pages"]


RESTS = Link(f"{rests.RESTS}.html", rests.TITLE)
CHANGES = Link(f"{moved.CHANGES}.html", moved.TITLE)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Every page drafted and what stands on them, before any is finished. places: all that may be linked to."""

    executed: Executed
    drafts: Mapping[str, page.Draft]
    summaries: tuple[page.PageSummary, ...]
    exhibits: tuple[Exhibit, ...]
    places: Places

    @property
    def links(self) -> dict[str, Link]:
        """Each notebook's page, by the notebook's name."""
        return {name: Link(f"{name}.html", draft.title) for name, draft in self.drafts.items()}


def write_pages(
    plan: Plan, cover: Cover, executed: Executed, folder: Path, statement: pd.DataFrame | None = None
) -> Mapping[str, str]:
    """Every page into `folder`; file name -> HTML, the front page first.

    statement: how much each notebook withholds and why (protection.pack_wide.statement), where it is known.
    Raises PackError naming the page at fault: what it shows, a reference or evidence that leads nowhere.
    """
    made = _draft(plan, executed)
    finished = _finish(plan, cover, made)
    about = _rests(plan, cover, made, statement)
    used = rests.assumptions_as_text(about.used)
    (folder / rests.ASSUMPTIONS).write_text(used, encoding="utf-8", newline="\n")
    try:
        compared = _compare(plan, cover, made, used)
        pages = {INDEX: render_front(_front(plan, cover, made)), **finished, RESTS.href: rests.render_rests(about)}
        pages |= {CHANGES.href: moved.render_changes(cover, compared, made.links)} if compared else {}
    except (PageError, comparing.ComparisonError, provenance.ProvenanceError) as error:
        raise PackError(f"{error}\n{standing(plan.folder)}") from None
    for name, html in pages.items():
        (folder / name).write_text(html, encoding="utf-8", newline="\n")
    return pages


def _draft(plan: Plan, executed: Executed) -> Made:
    """Every page's body, numbered. Raises PackError naming the notebook at fault."""
    drafts = {}
    for name, notebook in executed.items():
        try:
            drafts[name] = page.draft_page(notebook, name)
        except PageError as error:
            raise PackError(f"{name}.ipynb: {error}\n{standing(plan.folder)}") from None
    summaries = tuple(page.summarise(notebook, f"{name}.html") for name, notebook in executed.items())
    exhibits = tuple(one for name, notebook in executed.items() for one in read_exhibits(name, notebook))
    about = Place(rests.TITLE, dict(rests.HEADINGS))
    places = {**{name: draft.place for name, draft in drafts.items()}, rests.RESTS: about}
    return Made(executed, drafts, summaries, exhibits, places)


def _finish(plan: Plan, cover: Cover, made: Made) -> dict[str, str]:
    """Every notebook's page, whole. Raises PackError naming the notebook at fault."""
    onward = [None, *made.links.values(), RESTS]
    finished = {}
    for place, (name, draft) in enumerate(made.drafts.items(), 1):
        context = page.PageContext(cover, previous=onward[place - 1], next=onward[place + 1])
        try:
            finished[f"{name}.html"] = page.finish_page(draft, context, made.places)
        except PageError as error:
            raise PackError(f"{name}.ipynb: {error}\n{standing(plan.folder)}") from None
    return finished


def _front(plan: Plan, cover: Cover, made: Made) -> Front:
    """What the front page is made of."""
    words = read_report_words(plan.request.root, plan.pack.report)
    rule = rule_in_words(plan.run.disclosure_for(plan.audience))
    extra = (RESTS, CHANGES) if plan.pack.previous else (RESTS,)
    return Front(cover, made.summaries, words, made.places, made.exhibits, _facts(plan, cover), rule, extra)


def _rests(plan: Plan, cover: Cover, made: Made, statement: pd.DataFrame | None) -> rests.Rests:
    """What the page on what the pack rests on is made of."""
    root, drafts = plan.request.root, tuple(made.drafts.values())
    held = read_assumptions(root / "config" / "assumptions.toml")
    used = gathering.judgements_used(made.executed, held, made.links)
    return rests.Rests(
        cover=cover,
        pages=made.summaries,
        used=used,
        unused=len(held) - len(used),
        quality=plan.pack.quality,
        treatments=gathering.exhibits_tagged(drafts, "treatments"),
        reconciliation=gathering.exhibits_tagged(drafts, "reconciliation"),
        limits=gathering.caveats_of(drafts),
        sources=gathering.sources_of(made.exhibits, made.links),
        terms=terms_used(read_glossary(root, plan.pack.glossary), gathering.words_of(drafts)),
        rule=rule_in_words(plan.run.disclosure_for(plan.audience)),
        statement=statement,
        changes=CHANGES if plan.pack.previous else None,
        facts=_facts(plan, cover),
        commands=_commands(plan),
    )


def _compare(plan: Plan, cover: Cover, made: Made, used: str) -> comparing.Compared | None:
    """The pack beside the one it follows; none where it names none. Raises ComparisonError where it follows itself."""
    if not plan.pack.previous:
        return None
    folder = plan.request.root / plan.pack.previous
    if folder.resolve() == plan.folder.resolve():
        raise comparing.ComparisonError(
            f"{folder.name} is the folder this pack is written to: it cannot follow itself. Keep the earlier pack in "
            "another folder, and name that as `previous`."
        )
    facts = {
        "council": cover.council, "as_at": cover.as_at.isoformat() if cover.as_at else None,
        "audience": cover.audience, "synthetic": cover.synthetic, "seed": plan.run.seed,
        "python": provenance.python_version(), "parameters": plan.told_values, "packages": provenance.key_packages(),
        "code": {"commit": provenance.code_version(plan.request.root).commit},
        "inputs": [asdict(one) for one in provenance.hash_inputs(plan.request.root, plan.sources)],
    }  # fmt: skip
    tables = tuple(
        comparing.table_from(table_as_text(one), one.name, (one.page, made.links[one.page].words),
                             (one.called, one.caption))
        for one in made.exhibits
    )  # fmt: skip
    here = comparing.PackFacts(plan.folder.name, facts, tables, comparing.assumptions_from(used))
    return comparing.compare(comparing.read_pack(folder), here)


def _commands(plan: Plan) -> tuple[str, ...]:
    """What to type to make the pack again."""
    code = provenance.code_version(plan.request.root)
    root = plan.request.root.resolve()
    file = plan.request.pack_file.resolve()
    pack_file = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
    told = parameters.read_overrides(plan.request.overrides)
    asked = "".join(f" --set {name}={parameters.as_told(value)}" for name, value in told.items())
    own = "" if plan.audience == plan.pack.audience else f" --audience {plan.audience}"
    return (
        *((f"git checkout {code.commit}",) if code.commit else ()),
        "uv sync --frozen",
        f"cip pack {pack_file}{own}{asked}",
        f"cip verify reports/{plan.folder.name}",
    )


def make_cover(plan: Plan, executed: Executed, inputs: tuple[provenance.Hashed, ...]) -> Cover:
    """What every page says about the pack, from its settings and from what its notebooks showed."""
    marks = [mark for notebook in executed.values() for mark in page.marks_of(notebook)]
    days = [date.fromisoformat(mark["as_at"]) for mark in marks if mark["as_at"]]
    return Cover(
        title=plan.pack.title,
        council=plan.council.name,
        meeting=plan.pack.meeting,
        status=plan.pack.status,
        audience=plan.audience,
        as_at=plan.run.as_at if plan.own_data and plan.run.as_at else _commonest(days),
        synthetic=any(mark["synthetic"] for mark in marks),
        run_id=provenance.run_id(inputs, plan.told_values, provenance.key_packages()),
        code_version=provenance.code_version(plan.request.root).in_words,
        colour=plan.council.colour,
    )


def _commonest(days: list[date]) -> date | None:
    """The day that most exhibits describe: the returns' census date, for published figures may describe a later day."""
    return max(days, key=lambda day: (days.count(day), day), default=None)


def _facts(plan: Plan, cover: Cover) -> tuple[tuple[str, str], ...]:
    """The lines of "About this pack"."""
    chosen = {name: value for each in plan.told_values.values() for name, value in each.items() if value != ""}
    return (
        ("Council", cover.council),
        ("Meeting", cover.meeting),
        ("Status", cover.status.capitalize()),
        ("Audience", cover.audience_in_words),
        ("Figures as at", day_in_words(cover.as_at) if cover.as_at else "as each exhibit says"),
        ("Data", "SYNTHETIC: invented, not real children" if cover.synthetic else "as each exhibit says"),
        ("Run", f"{plan.run.title}; {cover.run_id}"),
        ("Parameters", "; ".join(f"{name} = {value}" for name, value in sorted(chosen.items())) or "none"),
        ("Code version", cover.code_version),
        ("Seed", str(plan.run.seed)),
    )
