"""One file from one public address, whole or not at all: tried again, taken up where it broke off, never half kept.

What comes is written as it was sent, packed or not, to a part beside its place. The part and a note of what it is part
of stay when a download is cut off, and the next try asks for the rest.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from cip_analysis.returns.fetching.refusals import AGAIN, may_pass, why_refused, why_unreachable
from cip_analysis.source_settings import LOOPBACK, is_protected

MOST_REDIRECTS = 5
HEADERS = {"User-Agent": "cip-analysis", "Accept": "text/csv, */*;q=0.5", "Accept-Encoding": "gzip"}
PACKED = ("", "gzip")

Move = Callable[[int, int | None], None]


class DownloadError(ValueError):
    """A file could not be had; `again` where another try may do better, after `wait` seconds if the server said."""

    def __init__(self, said: str, again: bool = False, wait: float | None = None) -> None:
        super().__init__(said)
        self.again, self.wait = again, wait


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited and how often it is tried; seconds.

    connect, read: for an answer to the call, and for the next piece. whole: for one try in all. tries: the first and
    those after it. backoff: before the second try, doubled before each next. longest_wait: most that a server may ask
    for. proxies: whether proxies and certificates that the machine and its environment name are used.
    """

    connect: float = 10
    read: float = 30
    whole: float = 900
    tries: int = 4
    backoff: float = 1
    longest_wait: float = 60
    proxies: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """What a server said of a content, to ask it later whether it is still the same; blank where it said nothing."""

    etag: str = ""
    last_modified: str = ""

    @property
    def firm(self) -> str:
        """The mark by which a part may be gone on with: one that changes with every byte; blank where there is none."""
        return self.last_modified if self.etag.startswith("W/") or not self.etag else self.etag


@dataclass(frozen=True, slots=True)
class Asked:
    """One file to have: where from, how large at most, the part it grows in, and the marks of the content held."""

    address: str
    most_bytes: int
    part: Path
    held: Marks = Marks()

    @property
    def host(self) -> str:
        """The publisher's host, as messages name it."""
        return httpx.URL(self.address).host


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came: its marks, how it is packed ("" or "gzip"), and whether its length was known beforehand."""

    marks: Marks
    packed: str
    sized: bool


def download(asked: Asked, patience: Patience, move: Move) -> Received | None:
    """The whole file in `asked.part`; None where the server says that the content held is still the one.

    move: told the bytes held and, where known, of how many.
    Raises DownloadError saying why, after as many tries as there is patience for; OSError where it cannot be written.
    """
    with _client(patience) as client:
        for tried in range(1, patience.tries + 1):
            try:
                return _try(client, asked, patience, move)
            except DownloadError as error:
                wait = patience.backoff * 2 ** (tried - 1) if error.wait is None else error.wait
                if not error.again or tried == patience.tries:
                    raise DownloadError(f"{error}{f' Tried {tried} times.' if tried > 1 else ''}") from None
                if wait > patience.longest_wait:
                    raise DownloadError(f"{error} It asks to be left alone for {wait:,.0f} seconds.") from None
                time.sleep(wait)
    raise DownloadError("not tried: there is patience for no try at all.")


def forget(part: Path) -> None:
    """A part and the note of what it is part of, gone."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _client(patience: Patience) -> httpx.Client:
    """A client that trusts the authorities shipped with it and, where it may look about, those of this machine."""
    limits = httpx.Timeout(patience.read, connect=patience.connect)
    try:
        trusted = httpx.create_ssl_context(trust_env=patience.proxies)
        if patience.proxies:
            trusted.load_default_certs()
        return httpx.Client(headers=HEADERS, timeout=limits, verify=trusted, trust_env=patience.proxies)
    except (ImportError, ValueError) as error:
        raise DownloadError(f"the proxy that this machine's environment names cannot be used: {error}.") from None
    except OSError:
        raise DownloadError("the certificates that this machine's environment names cannot be read.") from None


def _try(client: httpx.Client, asked: Asked, patience: Patience, move: Move) -> Received | None:
    """One try, in one call, its failures in words."""
    try:
        with _answered(client, asked) as response:
            if response.status_code == 304 and asked.held != Marks():
                forget(asked.part)
                return None
            _refuse(response, asked)
            return _take(response, asked, patience, move)
    except httpx.InvalidURL:
        raise DownloadError(f"{asked.host} leads on to an address that is none.") from None
    except httpx.HTTPError as error:
        raise DownloadError(why_unreachable(error, asked.host), again=may_pass(error)) from None


@contextmanager
def _answered(client: httpx.Client, asked: Asked) -> Iterator[httpx.Response]:
    """The answer at the end of every redirection, its body not yet read."""
    request = client.build_request("GET", asked.address, headers=_conditions(asked))
    for _ in range(MOST_REDIRECTS + 1):
        response = client.send(request, stream=True)
        try:
            following = response.next_request
            if following is None:
                yield response
                return
            _refuse_way(request.url, following.url)
            request = following
        finally:
            response.close()
    raise DownloadError(f"{asked.host} leads on from address to address, more than {MOST_REDIRECTS} times.")


def _conditions(asked: Asked) -> dict[str, str]:
    """What is asked beside the address: only if it changed, and only the rest of what a part already holds."""
    held, begun = asked.held, _begun(asked)
    said = {"If-None-Match": held.etag, "If-Modified-Since": "" if held.etag else held.last_modified}
    if begun is not None:
        said |= {"Range": f"bytes={asked.part.stat().st_size}-", "If-Range": begun.marks.firm}
    return {name: value for name, value in said.items() if value}


def _refuse_way(begun: httpx.URL, onward: httpx.URL) -> None:
    """Refuse to be led from https to anything else, or from elsewhere to a server on this machine."""
    kept = onward.scheme == "https" or begun.scheme == onward.scheme
    if is_protected(str(onward)) and kept and (begun.host in LOOPBACK or onward.host not in LOOPBACK):
        return
    raise DownloadError(f"{begun.host} leads on to an address that is not https, which could be changed on its way.")


def _refuse(response: httpx.Response, asked: Asked) -> None:
    """Refuse an answer that carries no file, or not the part of it that was asked for."""
    status = response.status_code
    if status == 416 or (status == 206 and not _goes_on(response, asked)):
        forget(asked.part)
        raise DownloadError(f"{asked.host} could not go on where it broke off.", again=True, wait=0)
    if status not in (200, 206):
        raise DownloadError(why_refused(status, asked.host), again=status in AGAIN, wait=_asked_wait(response))
    if _packing(response) not in PACKED:
        raise DownloadError(f"{asked.host} packed the file in a way not asked for. Download it by hand.")


def _goes_on(response: httpx.Response, asked: Asked) -> bool:
    """Whether a partial answer begins where the part ends."""
    said, begun = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", "")), _begun(asked)
    if said is None or begun is None or int(said[1]) != asked.part.stat().st_size:
        return False
    return _packing(response) == begun.packed and _marks(response) in (begun.marks, Marks())


def _marks(response: httpx.Response) -> Marks:
    return Marks(response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))


def _packing(response: httpx.Response) -> str:
    packed = response.headers.get("Content-Encoding", "").strip().lower()
    return "" if packed == "identity" else packed


def _asked_wait(response: httpx.Response) -> float | None:
    """The seconds a server asks to be left alone for, by count or by its own clock; None where it asks nothing."""
    said = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", said):
        return float(said)
    try:
        now = parsedate_to_datetime(response.headers.get("Date", ""))
        return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _take(response: httpx.Response, asked: Asked, patience: Patience, move: Move) -> Received:
    """The body written to the part, after what it holds already where the server goes on from there."""
    begun = _begun(asked) if response.status_code == 206 else None
    on_from = asked.part.stat().st_size if begun else 0
    length = response.headers.get("Content-Length", "")
    whole = on_from + int(length) if length.isdigit() else None
    _refuse_size(whole or 0, asked)
    sized = whole is not None or "Transfer-Encoding" in response.headers
    received = Received(begun.marks if begun else _marks(response), _packing(response), sized)
    _write_note(asked, received)
    until = time.monotonic() + patience.whole
    with asked.part.open("ab" if on_from else "wb") as file:
        got = on_from
        for piece in response.iter_raw():
            file.write(piece)
            got += len(piece)
            _refuse_size(got, asked)
            if time.monotonic() > until:
                raise DownloadError(
                    f"{asked.host} sends too slowly: not all had come in {patience.whole:,.0f} seconds. Ask again."
                )
            move(got, whole)
        file.flush()
        os.fsync(file.fileno())
    return received


def _refuse_size(size: int, asked: Asked) -> None:
    if size > asked.most_bytes:
        forget(asked.part)
        raise DownloadError(
            f"{asked.host} sends more than the {asked.most_bytes / 1e6:g} MB this source may have. Look at the page; "
            "if the data set has grown, raise largest_mb in the file of sources."
        )


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _write_note(asked: Asked, received: Received) -> None:
    """What the part will be part of, for the next try."""
    told = {"address": asked.address, "packed": received.packed, **asdict(received.marks)}
    _note(asked.part).write_text(json.dumps(told), encoding="utf-8")


def _begun(asked: Asked) -> Received | None:
    """What a part lying there is part of; None where there is none, or nothing to tell it by."""
    try:
        told = json.loads(_note(asked.part).read_text(encoding="utf-8"))
        marks = Marks(told["etag"], told["last_modified"])
        usable = told["address"] == asked.address and marks.firm and asked.part.stat().st_size
        return Received(marks, told["packed"], True) if usable else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
