"""Many councils on real worker processes: nothing lost and nothing delivered twice, whatever is killed or stopped."""

from __future__ import annotations

import csv
import os
import signal
import sys
import threading
from dataclasses import replace

import pytest
from publish.batching.clusters import a_batch, a_cluster, make_many, noted, wait_until
from typer.testing import CliRunner

from cip_analysis.cli import app
from cip_analysis.publish.batch import run_batch
from cip_analysis.publish.batching.making import FAILED, MADE, UNCHANGED, Job, make_one, package_name, read_outcome
from cip_analysis.publish.batching.members import BatchError
from cip_analysis.publish.provenance import verify_pack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Dask leaves sockets to be collected when a peer is killed
]


def quietly(_done: int, _what: str) -> None:
    """Progress that nobody watches."""


def packs_of(request) -> list:
    return sorted(request.to.glob("*/small-*"))


def all_whole(request, but: int = 0) -> None:
    """Every council has one pack, whole, with nothing half made beside it."""
    packs = packs_of(request)
    assert len(packs) == len(request.members) - but
    assert all(verify_pack(pack) == [] for pack in packs)
    assert not [path for path in request.to.rglob("*") if ".making-" in path.name or path.name.endswith(".hold")]


def test_one_council_stops_no_other_is_tried_once_more_elsewhere_and_the_rest_stand(tmp_path, monkeypatch):
    project = make_many(tmp_path / "project", councils=5)
    request = a_batch(project)
    with a_cluster(tmp_path / "cluster", workers=2) as cluster:
        outcomes = run_batch(request, cluster.address, quietly)
        assert {key: outcome.status for key, outcome in outcomes.items()} == {
            "900": MADE, "901": MADE, "902": MADE, "903": FAILED, "904": MADE,
        }  # fmt: skip
        assert "this council has no returns" in outcomes["903"].why
        assert noted(project, "begun.log").count("903") == 2
        assert all(noted(project, "ended.log").count(key) == 1 for key in ("900", "901", "902", "904"))
        all_whole(request, but=1)
        again = run_batch(request, cluster.address, quietly)
    assert [again[key].status for key in ("900", "901", "902", "904")] == [UNCHANGED] * 4
    assert again["900"].seconds == outcomes["900"].seconds, "what was measured when it was made is kept"
    assert all(noted(project, "ended.log").count(key) == 1 for key in ("900", "901", "902", "904"))
    with (request.to / "summary.csv").open() as sheet:
        rows = list(csv.DictReader(sheet))
    assert [row["status"] for row in rows] == [again[member.key].status for member in request.members]
    index = (request.to / "index.html").read_text()
    assert "this council has no returns" in index
    assert index.count("small-90") == 4
    assert "SYNTHETIC" in index


def test_a_worker_killed_and_another_stopped_lose_nothing_and_deliver_nothing_twice(tmp_path):
    project = make_many(tmp_path / "project", councils=8)
    request = replace(a_batch(project), members=tuple(one for one in a_batch(project).members if one.key != "903"))
    with a_cluster(tmp_path / "cluster", workers=3) as cluster:
        pids, found = cluster.pids(), {}
        batch = threading.Thread(target=lambda: found.update(run_batch(request, cluster.address, quietly)))
        batch.start()
        wait_until(lambda: len(noted(project, "begun.log")) >= 3)
        os.kill(pids[0], signal.SIGKILL)
        os.kill(pids[1], signal.SIGSTOP)
        batch.join(180)
        assert not batch.is_alive()
    assert {outcome.status for outcome in found.values()} <= {MADE, UNCHANGED}
    assert set(found) == {member.key for member in request.members}
    all_whole(request)
    twice = len(noted(project, "ended.log")) - len(request.members)
    assert twice <= 1, "only what the stopped worker had in hand may have been begun again"


def test_a_scheduler_that_goes_away_is_waited_for(tmp_path):
    project = make_many(tmp_path / "project", councils=3)
    request, told = a_batch(project), []
    with a_cluster(tmp_path / "cluster", workers=2) as cluster:
        found = {}
        batch = threading.Thread(
            target=lambda: found.update(run_batch(request, cluster.address, lambda _, what: told.append(what)))
        )
        batch.start()
        wait_until(lambda: len(noted(project, "begun.log")) >= 2)
        cluster.stop()
        wait_until(lambda: any("waiting" in what.lower() for what in told))
        cluster.start(2)
        batch.join(180)
        assert not batch.is_alive()
    assert {outcome.status for outcome in found.values()} <= {MADE, UNCHANGED}
    all_whole(request)


def test_two_batches_at_once_share_what_they_make(tmp_path):
    project = make_many(tmp_path / "project", councils=3)
    request, found = a_batch(project), [{}, {}]
    with a_cluster(tmp_path / "cluster", workers=3) as cluster:
        both = [
            threading.Thread(target=lambda into=into: into.update(run_batch(request, cluster.address, quietly)))
            for into in found
        ]
        for one in both:
            one.start()
        for one in both:
            one.join(180)
    assert all(set(one) == {"900", "901", "902"} for one in found)
    assert all(outcome.status in (MADE, UNCHANGED) for one in found for outcome in one.values())
    assert sorted(noted(project, "ended.log")) == ["900", "901", "902"]
    all_whole(request)


def test_a_pack_that_takes_more_memory_than_a_worker_may_use_is_ended_in_words(tmp_path):
    project = make_many(tmp_path / "project", councils=5)
    members = {member.key: member for member in a_batch(project).members}
    job = Job(members["904"], project.request.pack_file, project.root, tmp_path / "out", None, (), False, 900,
              package_name())  # fmt: skip
    outcome = make_one(job)
    assert outcome.status == FAILED
    assert "more than the 900 MB" in outcome.why
    assert outcome.peak_mb > 900
    assert read_outcome(tmp_path / "out") == outcome
    roomy = make_one(replace(job, most_mb=4_000))
    assert roomy.status == MADE
    assert roomy.peak_mb < 4_000


def test_a_worker_of_another_version_or_without_the_project_says_so(tmp_path):
    project = make_many(tmp_path / "project", councils=1)
    job = Job(a_batch(project).members[0], project.request.pack_file, project.root, tmp_path / "out", None, (), False,
              2_000, "another")  # fmt: skip
    assert "another version of cip-analysis" in make_one(job).why
    away = make_one(replace(job, root=tmp_path / "nowhere"))
    assert "does not see the project's folder" in away.why
    assert str(tmp_path) not in away.why


def test_a_scheduler_that_never_answers_is_named(tmp_path):
    project = make_many(tmp_path / "project", councils=1)
    with pytest.raises(BatchError, match="No Dask scheduler with a worker answers"):
        run_batch(a_batch(project), "tcp://127.0.0.1:9", quietly, patience=1)


def test_the_command_makes_them_on_workers_of_this_machine(tmp_path, monkeypatch):
    project = make_many(tmp_path / "project", councils=2)
    monkeypatch.chdir(project.root)
    result = CliRunner().invoke(app, ["batch", "config/packs/small.toml", "--councils", "all", "--jobs", "2"])
    assert result.exit_code == 0, result.output
    assert "2 of 2 packs stand" in result.output
    assert (project.root / "reports/batch/small/index.html").is_file()
