"""A finished pack's files: its pages and front page, and its manifest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from cip_analysis.publish import page, provenance
from cip_analysis.publish.disclosure import rule_in_words
from cip_analysis.publish.plan import PackError, Plan
from cip_analysis.publish.running.execution import Executed, standing
from cip_analysis.publish.words import day_in_words


def write_pages(plan: Plan, cover: page.Cover, executed: Executed, folder: Path) -> None:
    """Every page and the front page, into `folder`."""
    pages = tuple(page.summarise(notebook, f"{name}.html") for name, notebook in executed.items())
    links = [None, *[page.Link(one.href, one.title) for one in pages], None]
    for place, (name, notebook) in enumerate(executed.items(), 1):
        context = page.PageContext(cover, previous=links[place - 1], next=links[place + 1])
        try:
            html = page.render_page(notebook, context)
        except page.PageError as error:
            raise PackError(f"{name}.ipynb: {error}\n{standing(plan.folder)}") from None
        (folder / f"{name}.html").write_text(html, encoding="utf-8", newline="\n")
    rule = rule_in_words(plan.run.disclosure_for(plan.audience))
    index = page.IndexContext(cover, pages, _facts(plan, cover), plan.pack.quality, rule)
    (folder / "index.html").write_text(page.render_index(index), encoding="utf-8", newline="\n")


def make_cover(plan: Plan, executed: Executed, inputs: tuple[provenance.Hashed, ...]) -> page.Cover:
    """What every page says about the pack, from its settings and from what its notebooks showed."""
    marks = [mark for notebook in executed.values() for mark in page.marks_of(notebook)]
    days = [date.fromisoformat(mark["as_at"]) for mark in marks if mark["as_at"]]
    return page.Cover(
        title=plan.pack.title,
        council=plan.council.name,
        meeting=plan.pack.meeting,
        status=plan.pack.status,
        audience=plan.audience,
        as_at=plan.run.as_at if plan.own_data and plan.run.as_at else _commonest(days),
        synthetic=any(mark["synthetic"] for mark in marks),
        run_id=provenance.run_id(inputs, plan.told_values, provenance.key_packages()),
        code_version=provenance.code_version(plan.request.root).in_words,
    )


def _commonest(days: list[date]) -> date | None:
    """The day that most exhibits describe: the returns' census date, for published figures may describe a later day."""
    return max(days, key=lambda day: (days.count(day), day), default=None)


def _facts(plan: Plan, cover: page.Cover) -> tuple[tuple[str, str], ...]:
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


def write_manifest(
    plan: Plan, cover: page.Cover, inputs: tuple[provenance.Hashed, ...], folder: Path, started: datetime
) -> None:
    """The manifest of the finished folder: what was asked, what went in, and what came out, hashed."""
    code = provenance.code_version(plan.request.root)
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
        "clock": {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in
                  {"started": started, "finished": datetime.now(UTC)}.items()},
    }  # fmt: skip
    provenance.write_manifest(folder, facts, inputs)
