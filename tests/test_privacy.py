"""Nothing that leaves the suite says who a child is: every byte of pages, pictures, manifests, messages and errors."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, a_header, an_episode, write_returns, write_table
from publish.projects import PARAMETERS, a_code_cell, a_notebook, make_project, prose
from typer.testing import CliRunner

from cip_analysis.cli import app
from cip_analysis.publish.finished.paper import words_of_paper
from cip_analysis.publish.pack import PackError, PackRequest, render_pack

NOTEBOOKS = {
    "public": ["01_returns", "04_demand_forecast", "05_placement_mix", "07_cost_of_care"],
    "exempt": ["01_returns", "06_residential_spend", "07_cost_of_care"],
}
CACHE = ROOT / "reports" / ".cache"
CHILDREN = [f"KX{number}QZ" for number in range(71_031, 71_111)]
UPN, HOME, PLACED, OWNER = "V9137042286", "QX7 9ZJ", "WY6 8VK", "Canaryowner"
BIRTHS = {child: date(2006, 1, 7) + timedelta(days=11 * place) for place, child in enumerate(CHILDREN)}
PACK = """name = "canaries"
title = "Canaries"
meeting = "None"
run = "config/runs/autumn-2018.toml"
notebooks = {notebooks}
"""


def birth(child: str) -> str:
    return f"{BIRTHS[child]:%d/%m/%Y}"


def secrets() -> list[str]:
    """Every spelling of everything that says who one of these children is."""
    days = [f"{day:{style}}" for day in BIRTHS.values() for style in ("%d/%m/%Y", "%Y-%m-%d", "%d %B %Y", "%Y%m%d")]
    places = [HOME, PLACED, HOME.replace(" ", ""), PLACED.replace(" ", "")]
    return [*CHILDREN, *(child.strip("KXQZ") for child in CHILDREN), *days, *places, UPN, OWNER]


def stands_in(secret: str, words: str) -> bool:
    """Whether a secret stands in some words: one of figures alone, as a number of its own and not part of an amount."""
    if not secret.isdigit():
        return secret in words
    return secret in words and re.search(rf"(?<![\d.,]){secret}(?!\d|,\d|\.(?!0\b)\d)", words) is not None


def leaks(raw: bytes) -> list[str]:
    """The secrets in some bytes, as they stand or escaped, in pictures, zip archives and the words of a PDF."""
    if raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            inside = [leaks(archive.read(name)) for name in archive.namelist()]
            return [found for one in [leaks("\n".join(archive.namelist()).encode()), *inside] for found in one]
    if raw.startswith(b"%PDF"):
        return leaks(words_of_paper(raw).encode())
    text = raw.replace(b"\0", b"").decode("utf-8", errors="replace")
    pictures = [base64.b64decode(found) for found in re.findall(r"base64,([A-Za-z0-9+/=]+)", text)]
    words = re.sub(r"base64,[A-Za-z0-9+/=]+|[0-9a-f]{64}", "", html.unescape(text)).casefold()
    words = re.sub(r"\d*\.\d{6,}(e[+-]?\d+)?", "", words)  # a long fraction holds any eight figures, by chance
    bare = (
        set(re.findall(r"(?<![\d.,])\d{5}(?![\d,]|\.\d)", words)) if "<html" in words or len(words) < 10_000 else set()
    )
    found = [
        secret
        for secret in secrets()
        if (secret in bare if secret.isdigit() and len(secret) == 5 else stands_in(secret.casefold(), words))
    ]
    return found + [
        secret for picture in pictures for secret in [*CHILDREN, UPN, HOME, OWNER] if secret.encode() in picture
    ]


def every_leak(folder: Path, but: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """The secrets in every file below a folder, and in the files' names."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in but]
    found = {path.relative_to(folder).as_posix(): leaks(path.name.encode()) + leaks(unpacked(path)) for path in files}
    assert files
    return {name: secret for name, secret in found.items() if secret}


def unpacked(path: Path) -> bytes:
    """What a kept result holds, with nothing left compressed."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv().encode()
    if path.suffix != ".npz":
        return path.read_bytes()
    with np.load(path, allow_pickle=False) as held:
        return b"".join(str(held[name]).encode() if held[name].ndim == 0 else b"" for name in held.files)


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Eighty children with secrets, some of their lines damaged in ways that a message would like to quote."""
    faults = [{}, {"DEC": "31/12/2015", "REC": "E11"}, {"LS": "ZZ"}, {"DECOM": "someday"}, {"PLACE": "U9"}]
    begun = [f"{date(2016, 4, 3) + timedelta(days=29 * (place % 13)):%d/%m/%Y}" for place in range(len(CHILDREN))]
    lines = [
        an_episode(CHILD=child, HOME_POST=HOME, PL_POST=PLACED, URN="SC771177", DECOM=begun[place])
        | faults[place % 5 if place < 40 else 0]
        for place, child in enumerate(CHILDREN)
    ]
    heads = [
        a_header(CHILD=child, DOB=birth(child), UPN=f"{UPN}{place:02d}", ETHNIC="WBRI" if place % 7 else HOME)
        for place, child in enumerate(CHILDREN)
    ]
    folder = write_returns(tmp_path / "returns", lines, [*heads, heads[3] | {"DOB": birth(CHILDREN[9])}])
    with (folder / "header_2017.csv").open("a", encoding="utf-8") as opened:
        opened.write(f"{CHILDREN[5]},1,{birth(CHILDREN[5])}\n{birth(CHILDREN[6])},{CHILDREN[6]}\n")
    paid = {"period_start": "01/06/2016", "period_end": "31/03/2017", "placement_type": "in-house foster"}
    rows = [
        paid | {"child_id": child, "provider_name": f"{OWNER} {place % 4}", "amount": "9000", CHILDREN[0]: "1"}
        for place, child in enumerate(CHILDREN)
    ]
    write_table(tmp_path, "payments_whole.csv", rows)
    rows[4] |= {"period_start": birth(CHILDREN[4]), "amount": CHILDREN[4]}
    write_table(tmp_path, "payments.csv", [*rows, rows[7], rows[8] | {"child_id": "nobody"}])
    return tmp_path


def test_the_search_finds_a_secret_in_a_page_and_in_a_picture():
    inside = base64.b64encode(b"\x89PNG tEXt " + CHILDREN[2].encode()).decode()
    assert leaks(f"<p>{birth(CHILDREN[1])}&#32;{HOME.replace(' ', '&#32;')}".encode()) != []
    assert leaks(f"0.1{BIRTHS[CHILDREN[3]]:%Y%m%d}7 {BIRTHS[CHILDREN[4]]:%Y%m%d}.0".encode()) == ["20060220"]
    assert leaks(f'<img src="data:image/png;base64,{inside}">'.encode()) == [CHILDREN[2]]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_check_says_nothing_of_who(county, form):
    result = CliRunner().invoke(
        app, ["check", str(county / "returns"), "--finance", str(county / "payments.csv"), *form]
    )
    assert result.exit_code == 0
    assert "columns not read" in result.output
    assert leaks(result.output.encode()) == []


@pytest.mark.parametrize("name", ["episodes_2017.csv", "header_2017.csv"])
def test_a_table_sent_without_its_header_is_not_taken_for_column_names(county, name):
    file = county / "returns" / name
    file.write_text(file.read_text(encoding="utf-8").split("\n", 1)[1], encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(county / "returns")])
    assert "match no table" in result.output
    assert leaks(result.output.encode()) == []


def asked_of(county: Path, audience: str = "public") -> PackRequest:
    """A pack of the county with secrets, made by this project's own notebooks."""
    payments = "payments.csv" if audience == "public" else "payments_whole.csv"
    asked = [f"returns={county / 'returns'}", f"payments={county / payments}"]
    asked += ["setting=in-house foster"] if "06_residential_spend" in NOTEBOOKS[audience] else []
    (county / "canaries.toml").write_text(PACK.format(notebooks=NOTEBOOKS[audience]), encoding="utf-8")
    return PackRequest(county / "canaries.toml", ROOT, county / "packs", audience=audience, overrides=tuple(asked))


def new_in_cache(before: set[Path]) -> dict[str, set[str]]:
    """The secrets in what was newly kept of results, notebooks and products; identifiers whole, not their figures."""
    kept = {path for path in CACHE.rglob("*") if path.is_file()} - before
    digits = {child.strip("KXQZ") for child in CHILDREN}  # five figures in a row may come by chance in a statistic
    found = {
        path.name: set(leaks(path.name.encode()) + leaks(unpacked(path))) - digits for path in kept if path.is_file()
    }
    assert kept
    return {name: secret for name, secret in found.items() if secret}


def test_packs_of_real_notebooks_say_nothing_of_who_in_any_byte_of_any_file(county):
    before = {path for path in CACHE.rglob("*") if path.is_file()}
    told: list[str] = []
    for audience, may_stand in (("public", set()), ("exempt", {OWNER})):
        folder = render_pack(asked_of(county, audience), lambda _done, what: told.append(what))
        names = {path.suffix for path in folder.rglob("*") if path.is_file()}
        assert names >= {".html", ".csv", ".xlsx", ".docx", ".json"}
        found = {secret for secrets_found in every_leak(folder).values() for secret in secrets_found}
        assert found - may_stand == set()
    assert {name: held for name, held in new_in_cache(before).items() if held - {OWNER}} == {}
    assert leaks(" ".join(told).encode()) == []


def test_a_pack_killed_half_way_leaves_nothing_that_says_who(county):
    request, private = asked_of(county), county / "tmp"
    private.mkdir()
    command = [sys.executable, "-c", "from cip_analysis.cli import app; app()", "pack", str(request.pack_file), "--to",
               str(request.to), *(word for asked in request.overrides for word in ("--set", asked))]  # fmt: skip
    before = {path for path in CACHE.rglob("*") if path.is_file()}
    with (county / "console.txt").open("wb") as console:
        running = subprocess.Popen(
            command, cwd=ROOT, stdout=console, stderr=console, env=os.environ | {"TMPDIR": str(private)}
        )
        time.sleep(8)
        running.send_signal(signal.SIGKILL)
        running.wait(10)
    left = [path for folder in (request.to, private) for path in folder.rglob("*") if path.is_file()]
    assert leaks((county / "console.txt").read_bytes()) == []
    assert {
        path.name: leaks(path.name.encode() + b" " + path.read_bytes()) for path in left if leaks(path.read_bytes())
    } == {}
    assert not [path for path in {*CACHE.rglob("*")} - before if path.is_file() and leaks(path.name.encode())]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (f"{{}}['{CHILDREN[0]}']", "KeyError: …"),
        (f"raise ValueError('no stay of {CHILDREN[1]} born {birth(CHILDREN[1])}')", "ValueError: no stay of … born …"),
        (f"from datetime import date; date.fromisoformat('{birth(CHILDREN[2])}')", "Invalid isoformat string: …"),
        (f"raise LookupError('{HOME}, {UPN}A or “{OWNER}”')", "LookupError: … …, … or …"),
    ],
)
def test_a_notebook_that_stops_does_not_quote_what_it_stopped_on(tmp_path, source, said):
    project = make_project(tmp_path)
    notebook = a_notebook()
    notebook.cells = [prose("# Who?\n\nWho?"), a_code_cell(PARAMETERS, "parameters"), a_code_cell(source)]
    for name in ("01_first", "02_second"):
        project.write(name, notebook)
    with pytest.raises(PackError) as failure:
        project.render()
    assert said in str(failure.value)
    assert leaks(str(failure.value).encode()) == []
    assert not (tmp_path / "reports" / "small").exists()
    left = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    assert not [path for path in left if leaks(path.name.encode()) or leaks(path.read_bytes())]
