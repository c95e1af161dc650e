"""The `cip` command: what each call prints, and the code it leaves with."""

from __future__ import annotations

import json

from builders import ROOT, an_episode, write_returns
from typer.testing import CliRunner

from cip_analysis.cli import app

COUNCIL = ROOT / "config" / "councils" / "leicestershire.toml"
PAYMENTS = """child_id,period_start,period_end,placement_type,provider_name,provider_urn,amount,row_type
1,01/06/2016,07/06/2016,foster,Own,,350.00,payment
9,01/06/2016,07/06/2016,foster,Own,,£100,payment
"""


def call(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_usable_returns_are_said_to_be_and_leave_with_nought(tmp_path):
    result = call("check", write_returns(tmp_path, [an_episode()]))
    assert result.exit_code == 0
    assert "Usable: 1 children, 1 placements" in " ".join(result.output.split())


def test_a_folder_without_episodes_is_not_usable_and_leaves_with_one(tmp_path):
    result = call("check", tmp_path)
    assert result.exit_code == 1
    assert "no episodes" in result.output


def test_a_folder_that_is_not_there_is_a_wrong_call_and_leaves_with_two(tmp_path):
    result = call("check", tmp_path / "elsewhere")
    assert result.exit_code == 2
    assert "elsewhere: no such file or folder" in result.output


def test_a_check_can_be_read_by_a_machine(tmp_path):
    folder = write_returns(tmp_path, [an_episode(LS="C9")])
    told = json.loads(call("check", folder, "--json").output)
    assert [line["rows"] for line in told["findings"] if line["rule"] == "144"] == [1]
    assert all(line["child_days_after"] >= 0 for line in told["treatments"])


def test_a_refusal_tells_a_machine_its_findings_too(tmp_path):
    (tmp_path / "episodes.csv").write_text("", encoding="utf-8")
    result = call("check", tmp_path, "--json")
    assert result.exit_code == 1
    assert [line["rule"] for line in json.loads(result.stdout)["findings"]] == ["file not used"]
    assert "nothing to count" in result.stderr


def test_a_finding_says_how_many_child_days_it_touches(tmp_path):
    """1 June 2016 to 31 March 2017, the whole of an open row."""
    result = call("check", write_returns(tmp_path, [an_episode(DECOM="01/06/2016", LS="C9")]))
    assert "error 144 1 rows, 1 children, 304 child-days" in result.output


def test_the_day_an_extract_was_cut_can_be_given(tmp_path):
    folder = write_returns(tmp_path, [an_episode(DECOM="01/06/2016")])
    result = call("check", folder, "--as-at", "2016-09-30")
    assert "census date 30 September 2016" in " ".join(result.output.split())
    assert call("check", folder, "--as-at", "yesterday").exit_code == 2


def test_a_council_file_that_is_none_is_a_wrong_call(tmp_path):
    folder = write_returns(tmp_path / "returns", [an_episode()])
    broken = tmp_path / "council.toml"
    broken.write_text("name = 1\n", encoding="utf-8")
    for council in (tmp_path, tmp_path / "none.toml", broken):
        result = call("check", folder, "--council", council)
        assert (result.exit_code, type(result.exception)) == (2, SystemExit)


def test_payments_are_checked_beside_the_returns(tmp_path):
    folder = write_returns(tmp_path / "returns", [an_episode()])
    ledger = tmp_path / "payments.csv"
    ledger.write_text(PAYMENTS, encoding="utf-8")
    result = call("check", folder, "--finance", ledger)
    assert result.exit_code == 0
    assert "payment matched: no child: 1 of 2 rows" in result.output
    assert "Payments that met no stay: 1 line, £100.00 of £450.00" in result.output
    assert "payments.csv row 3: £100.00, the child is not in the returns" in result.output


def test_of_many_payments_unmatched_the_dearest_are_named_and_the_rest_counted(tmp_path):
    folder = write_returns(tmp_path / "returns", [an_episode()])
    ledger = tmp_path / "payments.csv"
    rows = "".join(f"S{n},01/06/2016,07/06/2016,foster,Own,,{n}.00,payment\n" for n in range(1, 26))
    ledger.write_text(PAYMENTS.splitlines()[0] + "\n" + rows, encoding="utf-8")
    told = call("check", folder, "--finance", ledger).output
    assert "row 26: £25.00" in told
    assert "row 6: £5.00" not in told
    assert "and 5 more, £15.00" in told


def test_no_message_holds_a_childs_identifier(tmp_path):
    folder = write_returns(tmp_path, [an_episode(CHILD="778899", DECOM="soon"), an_episode(CHILD="665544", PLACE="XX")])
    output = call("check", folder).output + call("check", folder, "--json").output
    assert "778899" not in output
    assert "665544" not in output


def test_the_same_seed_writes_the_same_county_and_the_check_finds_nothing_grave_in_it(tmp_path):
    for name in ("one", "two"):
        wanted = ("--seed", 7, "--first-year", 2017, "--last-year", 2018, "--to", tmp_path / name)
        assert call("synthesise", COUNCIL, *wanted).exit_code == 0
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) > 20
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)
    told = json.loads(call("check", tmp_path / "one" / "returns", "--json").output)
    assert {line["severity"] for line in told["findings"]} <= {"warning", "note"}


def test_a_county_is_not_written_over_somebody_elses_files(tmp_path):
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    result = call("synthesise", COUNCIL, "--seed", 7, "--to", tmp_path)
    assert result.exit_code == 2
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "keep"


def test_a_pack_file_that_is_not_there_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    result = call("pack", tmp_path / "none.toml")
    assert result.exit_code == 2
    assert "none.toml: no such settings file" in result.output


def test_a_parameter_no_notebook_has_is_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    pack = ROOT / "config" / "packs" / "cabinet-autumn-2018.toml"
    result = call("pack", pack, "--to", tmp_path, "--set", "horizont=3")
    assert result.exit_code == 2
    assert "horizont" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_month_that_is_none_is_a_wrong_call_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    run = ROOT / "config" / "runs" / "autumn-2018.toml"
    for month in ("2018-13", "September"):
        result = call("monitor", run, "--month", month, "--to", tmp_path)
        assert result.exit_code == 2
        assert "Write the year and the month's number, as 2018-09" in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []


def test_a_run_to_monitor_that_is_not_there_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    result = call("monitor", tmp_path / "none.toml", "--month", "2018-09")
    assert result.exit_code == 2
    assert "none.toml: no such settings file" in result.output


def test_a_month_beyond_the_returns_says_which_months_there_are(tmp_path, monkeypatch):
    """Two small years of returns in a run of their own."""
    monkeypatch.chdir(ROOT)
    for year in (2017, 2018):
        write_returns(tmp_path / "returns", [an_episode()], year=year)
    run = tmp_path / "run.toml"
    council = "config/councils/leicestershire.toml"
    run.write_text(f'title = "Small"\ncouncil = "{council}"\nreturns = "{tmp_path / "returns"}"\n', encoding="utf-8")
    result = call("monitor", run, "--month", "2018-05", "--to", tmp_path / "to")
    assert result.exit_code == 2
    assert "May 2018 ends after the returns do. There are months from March 2017 to March 2018" in " ".join(
        result.output.split()
    )


def test_a_folder_without_a_manifest_cannot_be_verified(tmp_path):
    assert call("verify", tmp_path).exit_code == 2


def test_every_command_explains_itself():
    for command in ("check", "synthesise", "pack", "monitor", "verify"):
        result = call(command, "--help")
        assert result.exit_code == 0
        assert len(result.output) > 100


def test_a_place_where_nothing_can_be_written_is_said_in_words(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = call("pack", ROOT / "config" / "packs" / "cabinet-autumn-2018.toml", "--to", tmp_path / "file" / "packs")
    assert result.exit_code == 1
    assert "Check the path, and who may use it." in result.output
