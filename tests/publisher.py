"""A publisher's server on this machine alone, that answers as the best and the worst of them do."""

from __future__ import annotations

import gzip
import hashlib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cip_analysis.source_settings import Source

COLUMNS = (
    "time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code", "region_name",
    "old_la_code", "la_name", "new_la_code", "population_type", "population_estimate", "children_count",
    "rate_per_10000",
)  # fmt: skip
KINDS = {
    "Children looked after on 31 March each year": 500,
    "Children starting to be looked after each year": 200,
    "Children ceasing to be looked after each year": 180,
}


def a_release(newest: int = 2025, authorities: int = 3) -> bytes:
    """A data set in the department's layout, of two years and authorities that nobody has."""
    lines = [",".join(COLUMNS)]
    for year in (newest, newest - 1):
        for number in range(authorities):
            place = f"{year},Reporting year,Local authority,E92000001,England,E12000099,Nowhere,{900 + number},"
            place += f"Inventedshire {number},E1099{number:04}"
            lines += [f"{place},{kind},100000,{count + number},{count // 10}" for kind, count in KINDS.items()]
    return ("\r\n".join(lines) + "\r\n").encode()


def a_source(address: str, **changes: object) -> Source:
    """A source at an address, read by the suite, with `changes` to it."""
    said: dict[str, object] = {
        "name": "looked-after", "title": "CLA numbers and rates", "publisher": "A publisher", "release": "March 2025",
        "licence": "Open Government Licence v3.0", "page": "https://example.org/looked-after", "address": address,
        "reader": "published", "measures": ("looked_after", "started", "ceased", "population_0_17"),
        "gives": "children looked after", "columns": COLUMNS, "largest_mb": 2,
        "spellings": {"population_count": "population_type", "number": "children_count"},
    }  # fmt: skip
    return Source.model_validate({**said, **changes})


Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each request with the next of its server's answers; the last one answers from then on."""

    protocol_version = "HTTP/1.1"
    server: Publisher

    def do_GET(self) -> None:
        """One answer."""
        self.server.asked.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            answer(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def say(self, status: int, headers: dict[str, object], body: bytes = b"") -> None:
        """A status, headers as they are given, and a body as it is given."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def drop(self) -> None:
        """Hang up."""
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *told: object) -> None:
        """Nothing: the tests' output is their own."""


class Publisher(ThreadingHTTPServer):
    """A server, its answers still to come, and what it was asked."""

    daemon_threads = True
    block_on_close = False
    scheme = "http"

    def __init__(self, answers: list[Answer]) -> None:
        self.answers, self.asked = answers, []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        """Where its data set is."""
        return f"{self.scheme}://127.0.0.1:{self.server_port}/data-set/csv"

    def handle_error(self, *told: object) -> None:
        """Nothing: a caller who hangs up is no error."""


@contextmanager
def a_publisher(*answers: Answer, certificate: Path | None = None) -> Iterator[Publisher]:
    """A server that gives these answers, one after another, while this lasts; behind TLS where it has a certificate."""
    server = Publisher(list(answers))
    if certificate is not None:
        server.scheme, shown = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        shown.load_cert_chain(certificate)
        server.socket = shown.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fine(body: bytes, **more: object) -> Answer:
    """The file, with an ETag of its content, its parts to be had, and 304 to who has it."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    def answer(handler: Handler) -> None:
        headers = {"Content-Type": "text/csv", "ETag": etag, **more}
        if handler.headers.get("If-None-Match") == etag:
            handler.say(304, {"ETag": etag})
            return
        begin = handler.headers.get("Range", "")
        if begin and handler.headers.get("If-Range") == etag:
            start = int(begin.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                handler.say(416, {"Content-Length": 0})
                return
            rest = body[start:]
            headers |= {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}", "Content-Length": len(rest)}
            handler.say(206, headers, rest)
            return
        handler.say(200, headers | {"Content-Length": len(body)}, body)

    return answer


def plain(status: int, body: bytes = b"", **headers: object) -> Answer:
    """A status and a body of told length."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.say(status, {"Content-Length": len(body)} | named, body)


def broken(body: bytes, after: int, **headers: object) -> Answer:
    """The whole length promised, and the line dropped after some of it."""

    def answer(handler: Handler) -> None:
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.say(200, {"Content-Length": len(body), "ETag": etag} | named, body[:after])
        handler.drop()

    return answer


def in_chunks(body: bytes, last: bool = True) -> Answer:
    """The file in chunks, with or without the empty one that says it is the last."""

    def answer(handler: Handler) -> None:
        handler.say(200, {"Transfer-Encoding": "chunked"})
        for start in range(0, len(body), 400):
            piece = body[start : start + 400]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if last:
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.drop()

    return answer


def unsized(body: bytes) -> Answer:
    """The file without its length: the line's end is the file's."""

    def answer(handler: Handler) -> None:
        handler.say(200, {"Connection": "close"}, body)
        handler.drop()

    return answer


def dripping(body: bytes, pieces: int, pause: float) -> Answer:
    """The file in so many pieces, with a pause of some seconds before each."""

    def answer(handler: Handler) -> None:
        handler.say(200, {"Content-Length": len(body)})
        size = -(-len(body) // pieces)
        for start in range(0, len(body), size):
            time.sleep(pause)
            handler.wfile.write(body[start : start + size])
            handler.wfile.flush()

    return answer


def pausing(body: bytes, seconds: float) -> Answer:
    """Half the file, and then nothing for so long."""

    def answer(handler: Handler) -> None:
        handler.say(200, {"Content-Length": len(body)}, body[: len(body) // 2])
        handler.wfile.flush()
        time.sleep(seconds)
        handler.drop()

    return answer


def zipped(body: bytes, keep: int | None = None) -> Answer:
    """The file packed on its way, all of it or its first bytes, of a length truly told."""
    sent = gzip.compress(body)[:keep]
    return plain(200, sent, Content_Encoding="gzip", ETag='"packed"')


def onward(status: int, to: str) -> Answer:
    """The way to another address."""
    return plain(status, Location=to)
