"""Fetching: what comes whole and as expected is kept beside what came before; anything else is refused and said."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from threading import Barrier, Thread

import pytest
from builders import ROOT
from publisher import (
    COLUMNS,
    a_publisher,
    a_release,
    a_source,
    broken,
    dripping,
    fine,
    in_chunks,
    onward,
    plain,
    unsized,
    zipped,
)

from cip_analysis.returns.fetching.download import Patience
from cip_analysis.returns.fetching.fetch import Fetched, FetchError, fetch_source, file_by_hand
from cip_analysis.returns.fetching.vintages import LEDGER, VintageError, held_alone, read_ledger
from cip_analysis.returns.published import read_published
from cip_analysis.source_settings import Source

DAY = date(2026, 3, 2)
QUICK = Patience(connect=10, read=10, whole=60, tries=4, backoff=0.01, longest_wait=5)
RELEASE = a_release()


def have(folder: Path, source: Source, day: date = DAY, patience: Patience = QUICK) -> Fetched:
    return fetch_source(source, folder, day, patience, lambda *_: None)


def refusal(folder: Path, source: Source, patience: Patience = QUICK) -> str:
    with pytest.raises(FetchError) as refused:
        have(folder, source, patience=patience)
    return str(refused.value)


def kept(folder: Path) -> list[str]:
    """What lies in the source's folder for all to see."""
    place = folder / "looked-after"
    return sorted(path.name for path in place.iterdir() if not path.name.startswith(".")) if place.exists() else []


def left_over(folder: Path) -> list[str]:
    """What lies there unseen, but for the hold."""
    return sorted(path.name for path in (folder / "looked-after").glob(".*") if path.name != ".held")


def test_a_release_is_kept_byte_for_byte_and_told_in_the_ledger(tmp_path):
    with a_publisher(fine(RELEASE)) as server:
        fetched = have(tmp_path, a_source(server.address))
    assert fetched.state == "fetched"
    assert fetched.file.read_bytes() == RELEASE
    assert fetched.file.name == f"2026-03-02-{fetched.vintage.sha256[:12]}.csv"
    assert (fetched.vintage.rows, fetched.vintage.first_year, fetched.vintage.newest_year) == (18, 2024, 2025)
    assert (fetched.vintage.size, fetched.vintage.address) == (len(RELEASE), server.address)
    assert kept(tmp_path) == [fetched.file.name, LEDGER]
    assert left_over(tmp_path) == []
    assert read_published(fetched.file).table["area_code"].nunique() == 3


def test_a_second_call_transfers_nothing_and_says_since_when(tmp_path):
    with a_publisher(fine(RELEASE)) as server:
        first = have(tmp_path, a_source(server.address))
        again = have(tmp_path, a_source(server.address), date(2026, 5, 4))
        assert server.asked[1]["if-none-match"] == first.vintage.etag
    assert (again.state, again.vintage) == ("unchanged", first.vintage)
    assert again.vintage.fetched == DAY


def test_a_server_without_an_etag_is_asked_by_its_date(tmp_path):
    when = "Thu, 20 Nov 2025 09:30:00 GMT"
    with a_publisher(plain(200, RELEASE, Last_Modified=when), plain(304)) as server:
        have(tmp_path, a_source(server.address))
        assert have(tmp_path, a_source(server.address)).state == "unchanged"
        assert server.asked[1]["if-modified-since"] == when
        assert "if-none-match" not in server.asked[1]


def test_the_same_content_sent_again_is_not_kept_twice(tmp_path):
    with a_publisher(plain(200, RELEASE)) as server:
        first = have(tmp_path, a_source(server.address))
        again = have(tmp_path, a_source(server.address), date(2026, 5, 4))
    assert (again.state, again.file) == ("held already", first.file)
    assert len(read_ledger(tmp_path / "looked-after").vintages) == 1


def test_a_new_release_stands_beside_the_old_one(tmp_path):
    with a_publisher(fine(RELEASE), fine(a_release(2026))) as server:
        old = have(tmp_path, a_source(server.address))
        new = have(tmp_path, a_source(server.address), date(2026, 12, 1))
        again = have(tmp_path, a_source(server.address), date(2026, 12, 2))
    assert (again.state, again.vintage) == ("unchanged", new.vintage)
    assert old.file.read_bytes() == RELEASE
    assert new.vintage.newest_year == 2026
    assert [each.fetched for each in read_ledger(tmp_path / "looked-after").vintages] == [DAY, date(2026, 12, 1)]


def test_an_earlier_release_after_a_later_one_is_kept_and_remarked_on(tmp_path):
    with a_publisher(fine(RELEASE), fine(a_release(2023))) as server:
        have(tmp_path, a_source(server.address))
        older = have(tmp_path, a_source(server.address))
    assert "2025 is held already: an earlier release" in older.notes[0]


def test_a_vintage_that_was_altered_is_fetched_afresh_and_never_written_over(tmp_path):
    with a_publisher(fine(RELEASE)) as server:
        first = have(tmp_path, a_source(server.address))
        first.file.write_bytes(RELEASE + b"altered")
        said = refusal(tmp_path, a_source(server.address))
        assert "if-none-match" not in server.asked[1]
    assert "no longer has the content it came with" in said
    assert first.file.read_bytes() == RELEASE + b"altered"


def test_a_vintage_that_was_deleted_is_fetched_again_to_the_same_place(tmp_path):
    with a_publisher(fine(RELEASE)) as server:
        first = have(tmp_path, a_source(server.address))
        first.file.unlink()
        again = have(tmp_path, a_source(server.address), date(2026, 5, 4))
    assert again.file == first.file
    assert first.file.read_bytes() == RELEASE


def test_a_damaged_ledger_is_refused_by_name(tmp_path):
    (tmp_path / "looked-after").mkdir()
    (tmp_path / "looked-after" / LEDGER).write_text("{", encoding="utf-8")
    with a_publisher(fine(RELEASE)) as server:
        assert "looked-after/ledger.json: cannot be read as a ledger" in refusal(tmp_path, a_source(server.address))


def test_progress_is_told_to_the_last_byte(tmp_path):
    moves = []
    with a_publisher(fine(RELEASE)) as server:
        fetch_source(a_source(server.address), tmp_path, DAY, QUICK, lambda got, whole: moves.append((got, whole)))
    assert moves[-1] == (len(RELEASE), len(RELEASE))
    assert [got for got, _ in moves] == sorted(got for got, _ in moves)


def test_a_slow_server_is_waited_for_while_it_sends(tmp_path):
    """Twelve pieces in three seconds altogether, none as late as the two that are waited for the next."""
    with a_publisher(dripping(RELEASE, 12, 0.25)) as server:
        fetched = have(tmp_path, a_source(server.address), patience=Patience(read=2, tries=1))
    assert fetched.file.read_bytes() == RELEASE


def test_a_server_that_falls_silent_is_given_up_after_four_tries(tmp_path):
    with a_publisher(dripping(RELEASE, 2, 1.2)) as server:
        said = refusal(tmp_path, a_source(server.address), Patience(read=0.2, tries=4, backoff=0.01))
        assert len(server.asked) == 4
    assert "stopped sending and the wait ran out. Tried 4 times." in said
    assert kept(tmp_path) == []


def test_a_server_that_drips_for_ever_is_given_up_in_the_end(tmp_path):
    with a_publisher(dripping(RELEASE, 200, 0.05)) as server:
        began = time.monotonic()
        said = refusal(tmp_path, a_source(server.address), Patience(read=1, whole=0.6))
    assert "sends too slowly" in said
    assert time.monotonic() - began < 5
    assert kept(tmp_path) == []


def test_a_line_that_drops_is_gone_on_with_where_it_broke(tmp_path):
    with a_publisher(broken(RELEASE, 700), fine(RELEASE)) as server:
        fetched = have(tmp_path, a_source(server.address))
        assert server.asked[1]["range"] == "bytes=700-"
        assert server.asked[1]["if-range"] == fetched.vintage.etag
    assert fetched.file.read_bytes() == RELEASE
    assert left_over(tmp_path) == []


def test_a_file_that_changed_since_the_line_dropped_is_begun_again(tmp_path):
    newer = a_release(2026)
    with a_publisher(broken(RELEASE, 700), fine(newer)) as server:
        assert have(tmp_path, a_source(server.address)).file.read_bytes() == newer


def test_a_rest_that_begins_elsewhere_is_not_joined_on(tmp_path):
    wrong = plain(206, RELEASE[900:], Content_Range=f"bytes 900-{len(RELEASE) - 1}/{len(RELEASE)}")
    with a_publisher(broken(RELEASE, 700), wrong, fine(RELEASE)) as server:
        assert have(tmp_path, a_source(server.address)).file.read_bytes() == RELEASE
        assert "range" not in server.asked[2]


def test_a_part_as_long_as_the_file_is_begun_again(tmp_path):
    """As left by somebody killed after the last byte and before the file was in its place."""
    with a_publisher(broken(RELEASE + b"x", len(RELEASE)), fine(RELEASE)) as server:
        refusal(tmp_path, a_source(server.address), Patience(tries=1))
        note = tmp_path / "looked-after" / ".part.json"
        etag = json.loads(note.read_text(encoding="utf-8")) | {"etag": fine_etag(RELEASE)}
        note.write_text(json.dumps(etag), encoding="utf-8")
        assert have(tmp_path, a_source(server.address)).file.read_bytes() == RELEASE
        assert [asked.get("range") for asked in server.asked] == [None, f"bytes={len(RELEASE)}-", None]


def fine_etag(body: bytes) -> str:
    import hashlib

    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


@pytest.mark.parametrize("after", [0, 1, 700, len(RELEASE) - 1])
def test_a_truncated_file_is_never_kept(tmp_path, after):
    with a_publisher(broken(RELEASE, after)) as server:
        said = refusal(tmp_path, a_source(server.address), Patience(tries=2, backoff=0.01))
    assert "broke off before all had come" in said
    assert kept(tmp_path) == []


def test_chunks_are_joined_and_chunks_without_their_end_are_not(tmp_path):
    with a_publisher(in_chunks(RELEASE, last=False)) as server:
        assert "broke off" in refusal(tmp_path, a_source(server.address), Patience(tries=1))
    assert kept(tmp_path) == []
    with a_publisher(in_chunks(RELEASE)) as server:
        assert have(tmp_path, a_source(server.address)).file.read_bytes() == RELEASE


def test_a_file_of_untold_length_must_end_with_its_line(tmp_path):
    with a_publisher(unsized(RELEASE[:-2])) as server:
        assert "its last line has no end" in refusal(tmp_path, a_source(server.address))
    with a_publisher(unsized(RELEASE[:-40])) as server:
        assert "1 rows have fewer cells than columns, first at row 19" in refusal(tmp_path, a_source(server.address))
    with a_publisher(unsized(RELEASE)) as server:
        assert have(tmp_path, a_source(server.address)).state == "fetched"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirections_are_followed(tmp_path, status):
    with a_publisher(onward(status, "/moved/csv"), fine(RELEASE)) as server:
        assert have(tmp_path, a_source(server.address)).file.read_bytes() == RELEASE
        assert [asked["path"] for asked in server.asked] == ["/data-set/csv", "/moved/csv"]


def test_a_ring_of_redirections_is_left_after_five(tmp_path):
    with a_publisher(onward(302, "/round")) as server:
        assert "more than 5 times" in refusal(tmp_path, a_source(server.address))
        assert len(server.asked) == 6


@pytest.mark.parametrize("to", ["http://example.org/a.csv", "ftp://example.org/a.csv", "file:///etc/hostname"])
def test_nobody_is_led_off_to_an_address_that_is_not_https(tmp_path, to):
    with a_publisher(onward(302, to)) as server:
        said = refusal(tmp_path, a_source(server.address))
        assert len(server.asked) == 1
    assert "not https" in said
    assert kept(tmp_path) == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_data_set_that_moved_is_not_asked_for_twice(tmp_path, status):
    with a_publisher(plain(status, b"<html>gone</html>")) as server:
        said = refusal(tmp_path, a_source(server.address))
        assert len(server.asked) == 1
    assert f"holds nothing at this address any more ({status})" in said
    assert "put the new address into the file of sources" in said
    assert "https://example.org/looked-after" in said


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_is_tried_again(tmp_path, status):
    with a_publisher(plain(status), plain(status), plain(status), fine(RELEASE)) as server:
        assert have(tmp_path, a_source(server.address)).state == "fetched"
        assert len(server.asked) == 4


def test_a_server_still_in_trouble_is_left_after_three_more_tries(tmp_path):
    with a_publisher(plain(503)) as server:
        assert "in trouble of its own (503). Tried 4 times." in refusal(tmp_path, a_source(server.address))
        assert len(server.asked) == 4


def test_a_server_that_asks_for_a_pause_is_given_it(tmp_path):
    with a_publisher(plain(429, Retry_After=1), fine(RELEASE)) as server:
        began = time.monotonic()
        have(tmp_path, a_source(server.address))
    assert time.monotonic() - began >= 1


def test_a_pause_until_an_hour_of_the_servers_own_clock_is_given_too(tmp_path):
    def until(handler):
        handler.send_response_only(503)
        handler.send_header("Date", "Mon, 02 Mar 2026 09:00:00 GMT")
        handler.send_header("Retry-After", "Mon, 02 Mar 2026 09:00:01 GMT")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with a_publisher(until, fine(RELEASE)) as server:
        began = time.monotonic()
        have(tmp_path, a_source(server.address))
    assert time.monotonic() - began >= 1


def test_a_pause_longer_than_anybody_waits_is_said_and_not_waited(tmp_path):
    with a_publisher(plain(429, Retry_After=3600)) as server:
        began = time.monotonic()
        said = refusal(tmp_path, a_source(server.address))
        assert len(server.asked) == 1
    assert "asks to be left alone for 3,600 seconds" in said
    assert time.monotonic() - began < 2


def test_a_packed_file_is_unpacked_before_it_is_proved(tmp_path):
    with a_publisher(zipped(RELEASE)) as server:
        assert have(tmp_path, a_source(server.address)).file.read_bytes() == RELEASE
        assert server.asked[0]["accept-encoding"] == "gzip"


def test_a_packed_file_cut_short_is_refused_though_its_length_is_as_told(tmp_path):
    with a_publisher(zipped(RELEASE, keep=-20)) as server:
        said = refusal(tmp_path, a_source(server.address))
    assert "arrived damaged and cannot be unpacked" in said
    assert kept(tmp_path) == left_over(tmp_path) == []


def test_a_packed_file_that_swells_beyond_its_limit_is_refused(tmp_path):
    with a_publisher(zipped(b"time_period," + b"0" * 5_000_000)) as server:
        assert "unpacked it is more than 2 MB" in refusal(tmp_path, a_source(server.address))
    assert kept(tmp_path) == left_over(tmp_path) == []


@pytest.mark.parametrize("answer", [plain(200, RELEASE * 1500), unsized(RELEASE * 1500)], ids=["told", "untold"])
def test_a_file_larger_than_its_limit_is_left(tmp_path, answer):
    with a_publisher(answer) as server:
        said = refusal(tmp_path, a_source(server.address))
    assert "sends more than the 2 MB this source may have" in said
    assert kept(tmp_path) == left_over(tmp_path) == []


def test_changed_columns_are_named_and_the_file_is_set_aside(tmp_path):
    changed = RELEASE.replace(b"children_count,", b"number_of_children,", 1)
    with a_publisher(fine(RELEASE), fine(changed)) as server:
        first = have(tmp_path, a_source(server.address))
        said = refusal(tmp_path, a_source(server.address))
    assert "Missing: children_count; new: number_of_children" in said
    assert "Nothing held before was touched" in said
    aside = [name for name in kept(tmp_path) if name.startswith("rejected-")]
    assert len(aside) == 1
    assert aside[0] in said
    assert (tmp_path / "looked-after" / aside[0]).read_bytes() == changed
    assert first.file.read_bytes() == RELEASE
    assert [each.sha256 for each in read_ledger(tmp_path / "looked-after").vintages] == [first.vintage.sha256]


def test_the_same_refused_file_is_set_aside_once(tmp_path):
    with a_publisher(fine(RELEASE.replace(b"rate_per_10000", b"rate", 1))) as server:
        refusal(tmp_path, a_source(server.address))
        with pytest.raises(FetchError):
            have(tmp_path, a_source(server.address), date(2026, 3, 9))
    assert len(kept(tmp_path)) == 1


def test_the_spelling_of_an_earlier_release_is_no_change_of_columns(tmp_path):
    earlier = RELEASE.replace(b"children_count,", b"number,", 1).replace(b"population_type,", b"population_count,", 1)
    with a_publisher(fine(earlier)) as server:
        assert have(tmp_path, a_source(server.address)).notes == ()


def test_a_column_more_is_remarked_on_and_left_alone(tmp_path):
    more = RELEASE.replace(b"\r\n", b",1\r\n").replace(b"rate_per_10000,1", b"rate_per_10000,confidence", 1)
    with a_publisher(fine(more)) as server:
        assert have(tmp_path, a_source(server.address)).notes == ("columns new: confidence, and left alone",)


def test_figures_under_another_wording_are_not_taken_for_none(tmp_path):
    reworded = RELEASE.replace(b"Children starting to be looked after each year", b"Children new to care")
    with a_publisher(fine(reworded)) as server:
        assert "no figures of authorities for started" in refusal(tmp_path, a_source(server.address))


def test_a_source_that_is_only_kept_is_proved_by_its_columns(tmp_path):
    body = b"time_period,la_name,children_count\n2025,Inventedshire,12\n202425,Inventedshire,c\n"
    with a_publisher(fine(body)) as server:
        source = a_source(
            server.address, reader="columns", columns=("time_period", "la_name"), measures=(), spellings={}
        )
        assert have(tmp_path, source).vintage.first_year == 2024
        with_no_year = a_source(server.address, **source.model_dump(exclude={"address"}))
    with a_publisher(fine(body.replace(b"202425", b"this year"))) as server:
        said = refusal(tmp_path, with_no_year.model_copy(update={"address": server.address}))
    assert "1 rows have a time_period that is no year, first at row 3" in said


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<!DOCTYPE html><html><body>Sign in to the guest network</body></html>", "a web page, not CSV"),
        (b'{"title": "Not found", "status": 404}', "JSON, not CSV"),
        (b"PK\x03\x04 and so on", "a zip or spreadsheet, not CSV"),
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"\x1f\x8b\x08\x00\xff\xfe", "not readable as UTF-8 CSV"),
        (",".join(COLUMNS).encode() + b"\n", "column names and no rows"),
    ],
    ids=["web page", "error as JSON", "zip", "nothing", "a mark and no more", "packed twice", "no rows"],
)
def test_what_is_no_csv_is_refused_whatever_it_calls_itself(tmp_path, body, what):
    with a_publisher(plain(200, body, Content_Type="text/csv")) as server:
        said = refusal(tmp_path, a_source(server.address))
    assert what in said
    assert kept(tmp_path) == left_over(tmp_path) == []


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf" + RELEASE, RELEASE.replace(b"\r\n", b"\n")], ids=["BOM", "LF"])
def test_marks_and_line_ends_are_kept_as_they_came(tmp_path, body):
    with a_publisher(fine(body)) as server:
        assert have(tmp_path, a_source(server.address)).file.read_bytes() == body


def test_a_content_that_is_insisted_on_must_be_the_one(tmp_path):
    with a_publisher(fine(RELEASE)) as server:
        right = have(tmp_path, a_source(server.address)).vintage.sha256
        assert have(tmp_path / "pinned", a_source(server.address, sha256=right)).state == "fetched"
        assert "insists on 000000000000" in refusal(tmp_path / "wrong", a_source(server.address, sha256="0" * 64))


def test_a_server_that_is_not_there_is_said_at_once_with_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/csv"
        began = time.monotonic()
        said = refusal(tmp_path, a_source(address), Patience(connect=1))
    assert "127.0.0.1 refused the connection" in said
    assert "cip fetch published --source looked-after --from FILE" in said
    assert time.monotonic() - began < 2


def test_a_name_that_nobody_knows_is_said_to_be_offline(tmp_path):
    said = refusal(tmp_path, a_source("https://nobody.invalid/csv"))
    assert "the name nobody.invalid could not be found. This machine is offline" in said


def test_an_answer_that_cannot_be_trusted_is_said_to_be_so(tmp_path):
    """A server that speaks no TLS where https was asked for."""
    with a_publisher(fine(RELEASE)) as server:
        said = refusal(tmp_path, a_source(server.address.replace("http:", "https:")))
    assert "was not trusted (TLS)" in said


def test_a_proxy_that_asks_who_is_there_is_told_to_the_it_desk(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with a_publisher(plain(407)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.address.removesuffix("/data-set/csv"))
        source = a_source("https://nobody.invalid/csv")
        proxied = refusal(tmp_path, source, Patience(proxies=True))
        direct = refusal(tmp_path, source, Patience(proxies=False))
    assert "proxy" in proxied
    assert "proxy" not in direct


def test_a_folder_that_cannot_be_made_is_said_without_its_path(tmp_path):
    (tmp_path / "published").write_text("a file, where a folder should be", encoding="utf-8")
    with a_publisher(fine(RELEASE)) as server:
        said = refusal(tmp_path / "published", a_source(server.address))
    assert "published/looked-after could not be written" in said
    assert str(tmp_path) not in said


def test_two_at_once_do_not_write_the_same_part(tmp_path):
    """One has the folder, the other is told so; afterwards there is one vintage, whole."""
    together, said = Barrier(2), []

    def ask(source):
        together.wait()
        try:
            said.append(have(tmp_path, source, patience=Patience(read=5)).state)
        except FetchError as error:
            said.append(str(error))

    with a_publisher(dripping(RELEASE, 5, 0.1)) as server:
        callers = [Thread(target=ask, args=(a_source(server.address),)) for _ in range(2)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert len(server.asked) == 1
    assert sorted(each[:12] for each in said) == ["fetched", "looked-after"]
    assert any("being fetched by somebody else" in each for each in said)
    assert len(kept(tmp_path)) == 2


def test_a_hold_is_let_go_of_with_its_holder(tmp_path):
    with held_alone(tmp_path / "a"), pytest.raises(VintageError, match="by somebody else"), held_alone(tmp_path / "a"):
        pytest.fail("two had it")
    with held_alone(tmp_path / "a"):
        assert (tmp_path / "a").is_dir()


ASK = """
import resource, sys
from datetime import date
from pathlib import Path
sys.path.insert(0, {tests!r})
from publisher import a_source
from cip_analysis.returns.fetching.download import Patience
from cip_analysis.returns.fetching.fetch import fetch_source
if {room}:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
source = a_source({address!r})
fetch_source(source, Path({folder!r}), date(2026, 3, 2), Patience(read=20), lambda got, whole: print(got, flush=True))
"""


def caller(folder: Path, address: str, room: int = 0) -> subprocess.Popen[str]:
    """Another process that fetches the source; room: bytes a file of its may have, as on a disk that is full."""
    code = ASK.format(tests=str(ROOT / "tests"), address=address, folder=str(folder), room=room)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_a_full_disk_leaves_nothing_half_kept(tmp_path):
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    with a_publisher(fine(RELEASE)) as server:
        first = have(tmp_path, a_source(server.address))
    with a_publisher(plain(200, a_release(2026, authorities=200))) as server:
        asked = caller(tmp_path, server.address, room=20_000)
        _, said = asked.communicate(timeout=60)
    assert asked.returncode == 1
    assert "could not be written (file too large)" in said
    assert kept(tmp_path) == sorted([first.file.name, LEDGER])
    assert left_over(tmp_path) == []


def test_a_caller_killed_half_way_leaves_no_half_file_and_the_next_goes_on(tmp_path):
    body = a_release(2025, authorities=40)

    def half(handler):
        handler.say(200, {"Content-Length": len(body), "ETag": fine_etag(body)}, body[:9000])
        handler.wfile.flush()
        time.sleep(3)

    with a_publisher(half, fine(body)) as server:
        asked = caller(tmp_path, server.address)
        while int(asked.stdout.readline()) < 9000:
            pass
        asked.send_signal(signal.SIGKILL)
        asked.communicate(timeout=30)
        assert kept(tmp_path) == []
        begun = (tmp_path / "looked-after" / ".part").stat().st_size
        assert have(tmp_path, a_source(server.address)).file.read_bytes() == body
        assert server.asked[1].get("range") == (f"bytes={begun}-" if begun else None)
    assert left_over(tmp_path) == []


def test_a_file_downloaded_by_hand_is_proved_and_kept_the_same_way(tmp_path):
    given = tmp_path / "from the web.csv"
    given.write_bytes(RELEASE)
    filed = file_by_hand(a_source("https://example.org/csv"), tmp_path / "kept", given, DAY)
    assert filed.state == "filed"
    assert (filed.vintage.address, filed.vintage.release) == ("", "")
    assert filed.file.read_bytes() == given.read_bytes() == RELEASE
    given.write_bytes(b"<html></html>")
    with pytest.raises(FetchError, match="a web page, not CSV"):
        file_by_hand(a_source("https://example.org/csv"), tmp_path / "kept", given, DAY)
    assert given.read_bytes() == b"<html></html>"


def test_what_was_filed_by_hand_is_known_when_it_is_fetched_later(tmp_path):
    given = tmp_path / "a.csv"
    given.write_bytes(RELEASE)
    with a_publisher(fine(RELEASE)) as server:
        source = a_source(server.address)
        file_by_hand(source, tmp_path, given, DAY)
        assert have(tmp_path, source).state == "held already"
        assert have(tmp_path, source).state == "unchanged"


def test_a_later_release_that_may_be_out_is_remarked_on(tmp_path):
    with a_publisher(fine(RELEASE), fine(RELEASE), fine(a_release(2026))) as server:
        source = a_source(server.address, next_due=date(2026, 11, 30))
        assert have(tmp_path, source, date(2026, 11, 30)).notes == ()
        late = have(tmp_path, source, date(2026, 12, 1)).notes
        assert have(tmp_path, source, date(2026, 12, 2)).notes == ()
    assert len(late) == 1
    assert "expected by 30 November 2026, at an address of its own: see https://example.org/looked-after" in late[0]


@pytest.fixture
def certificate(tmp_path) -> Path:
    """A certificate for this machine that nobody vouches for, with its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate with")
    key, made = tmp_path / "key.pem", tmp_path / "made.pem"
    asked = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    named = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", made]
    subprocess.run([*asked, *named], check=True, capture_output=True)
    made.write_bytes(made.read_bytes() + key.read_bytes())
    return made


def test_a_certificate_that_nobody_vouches_for_is_refused_unless_the_machine_names_it(
    tmp_path, certificate, monkeypatch
):
    with a_publisher(fine(RELEASE), certificate=certificate) as server:
        source = a_source(server.address)
        assert "was not trusted (TLS)" in refusal(tmp_path, source, Patience(proxies=True))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert "was not trusted (TLS)" in refusal(tmp_path, source, Patience(proxies=False))
        assert have(tmp_path, source, patience=Patience(proxies=True)).state == "fetched"


def test_certificates_that_are_named_and_not_there_are_said_to_be_so(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    said = refusal(tmp_path, a_source("https://nobody.invalid/csv"), Patience(proxies=True))
    assert "certificates that this machine's environment names cannot be read" in said


def test_a_proxy_of_a_kind_that_cannot_be_used_is_said_to_be_so(tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    said = refusal(tmp_path, a_source("https://nobody.invalid/csv"), Patience(proxies=True))
    assert "proxy" in said


def test_nobody_is_led_from_https_to_http_though_it_were_on_this_machine(tmp_path, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with a_publisher(fine(RELEASE)) as plain_server:
        with a_publisher(onward(302, plain_server.address), certificate=certificate) as server:
            said = refusal(tmp_path, a_source(server.address), Patience(proxies=True))
        assert plain_server.asked == []
    assert "leads on to an address that is not https" in said


def test_a_file_by_hand_that_cannot_be_read_is_not_said_to_be_a_full_disk(tmp_path):
    with pytest.raises(FetchError, match=r"nowhere\.csv: cannot be opened \(no such file"):
        file_by_hand(a_source("https://example.org/csv"), tmp_path, tmp_path / "nowhere.csv", DAY)
