"""Results kept by the content of what they were made from, so that nobody waits twice for the same numbers.

A result is stored under a fingerprint of everything that can change it: data, settings and the code itself. It holds
arrays of counts, never a child's row, and is deleted without loss. With it is kept which judgements were asked for in
making it: whoever takes it from here is noted to have asked for them too (docs/decisions/0028-the-pages.md).
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.ledgers import listening, note_asked
from cip_analysis.projections import Projection

ARRAYS = tuple(part.name for part in fields(Projection) if part.type in ("Counts", "Numbers"))
BLOCK = 250
CODEC = "zstd"
ASKED = "judgements asked"
SHOW_ONLY = frozenset(
    {
        "publish",
        "cli.py",
        "pack_commands.py",
        "batch_commands.py",
        "fetch_commands.py",
        "database_commands.py",
        "printing.py",
        "explorer.py",
    }
)
UNREADABLE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile)


class StoreError(ValueError):
    """Something cannot be fingerprinted."""


def fingerprint(*parts: object) -> str:
    """One short name for the content of all the parts: the same content, the same name, wherever it lies.

    Takes tables, arrays, records, settings, dates, paths (their bytes), text, numbers, and lists or mappings of them.
    Raises StoreError for anything else, rather than name it by where it lies in memory.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(_content(part))
        digest.update(b"\x1e")
    return digest.hexdigest()[:32]


def code_files() -> tuple[Path, ...]:
    """The package's modules that can change a result, whose content is part of every fingerprint.

    Those that only show or command are left out: nothing that works a result out may import them.
    """
    home = Path(__file__).parent
    return tuple(sorted(path for path in home.rglob("*.py") if path.relative_to(home).parts[0] not in SHOW_ONLY))


def keep_projection(folder: Path, name: str, make: Callable[[], Projection]) -> Projection:
    """The projection kept under `name`, or the one that `make` gives, kept for the next time."""
    path = folder / f"{name}.npz"
    with suppress(*UNREADABLE):
        return _read_projection(path)
    with _one_at_a_time(path):
        with suppress(*UNREADABLE):
            return _read_projection(path)
        with listening() as asked:
            made = make()
        return _place_projection(path, made, sorted(asked))


def _place_projection(path: Path, made: Projection, asked: Sequence[str]) -> Projection:
    """The projection, kept, with the judgements asked for in making it."""
    facts: dict[str, object] = {
        "scenario": made.scenario,
        "method": made.method,
        "months": [str(month) for month in made.months],
    }
    facts |= {"notes": list(made.notes), "synthetic": made.synthetic, ASKED: list(asked)}
    arrays = {array: getattr(made, array) for array in ARRAYS}
    facts["arrays"] = {array: [str(values.dtype), list(values.shape)] for array, values in arrays.items()}
    _place(path, lambda part: np.savez(part, facts=np.array(json.dumps(facts)), **_packed(arrays)))
    return made


def keep_table(folder: Path, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """The table kept under `name`, or the one that `make` gives, kept for the next time."""
    path = folder / f"{name}.parquet"
    with suppress(*UNREADABLE):
        return _read_table(path)
    with _one_at_a_time(path):
        with suppress(*UNREADABLE):
            return _read_table(path)
        with listening() as asked:
            made = make()
        _place(path, lambda part: _write_table(part, made, sorted(asked)))
        return made


def _write_table(part: Path, made: pd.DataFrame, asked: Sequence[str]) -> None:
    """A table, with the judgements asked for in making it."""
    table = pa.Table.from_pandas(made, preserve_index=False)
    said = {**(table.schema.metadata or {}), ASKED: json.dumps(list(asked))}
    pq.write_table(table.replace_schema_metadata(said), part, write_page_checksum=True)


def _read_table(path: Path) -> pd.DataFrame:
    """A kept table, its judgements noted; any of UNREADABLE where it is not there or not whole."""
    file = pq.ParquetFile(path, page_checksum_verification=True)
    asked = json.loads(file.schema_arrow.metadata[ASKED.encode()])
    kept: pd.DataFrame = file.read().to_pandas()
    note_asked(asked)
    return kept


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """While one notebook makes a result, others that want the same wait for it and do not make it too.

    The system lets go of a killed maker's hold. Where it has no such holds, or the folder cannot be written to, each
    makes its own.
    """
    hold = path.with_name(f".{path.stem}.making")
    with ExitStack() as held:
        if fcntl is not None:
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                opened = held.enter_context(hold.open("w"))
                fcntl.flock(opened, fcntl.LOCK_EX)
        try:
            yield
        finally:
            with suppress(OSError):
                hold.unlink(missing_ok=True)


def write_projections(path: Path, projections: Sequence[Projection]) -> None:
    """Every draw, for whoever wants to work on: scenario, draw, month, age_band, setting, children.

    Cells that nobody is in are left out. Written a block of draws at a time, and placed whole.
    """

    def write(part: Path) -> None:
        """All of them, one after another."""
        with pq.ParquetWriter(part, _schema(projections), compression="zstd") as writer:
            for projection in projections:
                for first in range(0, projection.draws, BLOCK):
                    writer.write_table(_rows(projection, first, writer.schema))

    _place(path, write)
    if not path.exists():
        raise StoreError(f"{path.name} could not be written. Check the folder, and who may use it.")


def _schema(projections: Sequence[Projection]) -> pa.Schema:
    """The columns, with children in whole numbers as wide as the widest projection's."""
    named = pa.dictionary(pa.int16(), pa.string())
    stock = pa.from_numpy_dtype(np.result_type(*(projection.stock.dtype for projection in projections)))
    return pa.schema(
        {"scenario": named, "draw": pa.int32(), "month": pa.date32(), "age_band": named, "setting": named,
         "children": stock}
    )  # fmt: skip


def _rows(projection: Projection, first: int, schema: pa.Schema) -> pa.Table:
    """A block of draws, a row a cell that somebody is in."""
    stock = projection.stock[first : first + BLOCK]
    draw, month, band, setting = np.nonzero(stock)
    days = np.array(projection.months, dtype="datetime64[D]")
    names = [[projection.scenario], list(AGE_BANDS), list(SETTINGS)]
    places = [np.zeros(len(draw), dtype="int16"), band.astype("int16"), setting.astype("int16")]
    coded = [
        pa.DictionaryArray.from_arrays(pa.array(at), pa.array(name)) for at, name in zip(places, names, strict=True)
    ]
    columns = [coded[0], pa.array((draw + first).astype("int32")), pa.array(days[month]), *coded[1:]]
    children = pa.array(stock[draw, month, band, setting], schema.field("children").type)
    return pa.Table.from_arrays([*columns, children], schema=schema)


def _read_projection(path: Path) -> Projection:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
        facts = json.loads(str(held["facts"]))
        arrays = {array: _unpacked(held[array], *facts["arrays"][array]) for array in ARRAYS}
    note_asked(facts[ASKED])
    months = tuple(date.fromisoformat(month) for month in facts["months"])
    return Projection(
        facts["scenario"], facts["method"], months, **arrays, notes=tuple(facts["notes"]), synthetic=facts["synthetic"]
    )


def _packed(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Arrays as bytes made small: a twentieth of the time that numpy's own way of it takes, and no larger."""
    codec = pa.Codec(CODEC, compression_level=1)
    return {
        name: np.frombuffer(codec.compress(np.ascontiguousarray(values), asbytes=True), dtype="uint8")
        for name, values in arrays.items()
    }


def _unpacked(small: NDArray[np.uint8], kind: str, shape: Sequence[int]) -> NDArray[Any]:
    """An array of some kind and shape out of the bytes that `_packed` made of it."""
    size = math.prod(shape) * np.dtype(kind).itemsize
    if not size:
        return np.zeros(shape, kind)
    return np.frombuffer(pa.Codec(CODEC).decompress(small.tobytes(), size), dtype=kind).reshape(shape)


def _place(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the place and move it there whole, so that two runs at once never see half a file.

    A folder that cannot be written to costs only the wait next time.
    """
    part = path.with_name(f".{uuid4().hex}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _content(part: object) -> bytes:
    if isinstance(part, pd.DataFrame):
        return _columns(part)
    if isinstance(part, np.ndarray):
        return f"{part.dtype}{part.shape}".encode() + np.ascontiguousarray(part).tobytes()
    if isinstance(part, BaseModel):
        return part.model_dump_json().encode()
    if isinstance(part, Path):
        return part.read_bytes()
    if is_dataclass(part) and not isinstance(part, type):
        return b"\x1f".join(_content(getattr(part, each.name)) for each in fields(part))
    if isinstance(part, dict):
        return b"\x1f".join(_content(key) + b"=" + _content(value) for key, value in part.items())
    if isinstance(part, Sequence) and not isinstance(part, str):
        return b"\x1f".join(_content(each) for each in part)
    if part is None or isinstance(part, str | int | float | bool | date):
        return repr(part).encode()
    raise StoreError(f"A {type(part).__name__} has no fingerprint: give tables, records, settings or plain values.")


def _columns(table: pd.DataFrame) -> bytes:
    rows = pd.util.hash_pandas_object(table, index=True).to_numpy()
    return json.dumps([*map(str, table.columns), *map(str, table.dtypes)]).encode() + rows.tobytes()
