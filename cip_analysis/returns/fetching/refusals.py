"""Why a download did not come, in words a finance officer can act on or read to the council's IT desk."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
GONE = frozenset({404, 410})
NOT_ALLOWED = frozenset({401, 403, 451})


def why_unreachable(error: httpx.HTTPError, host: str) -> str:
    """A failure of the network on the way to a host, as one sentence; never more of the address than its host."""
    causes = list(_causes(error))
    if isinstance(error, httpx.ProxyError):
        return f"the network's own proxy would not pass the request on to {host} ({error})."
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return (
            f"the answer from {host} was not trusted (TLS). A network that opens traffic to inspect it does this: ask "
            "the IT desk to let this host through, or to install its own certificate on this machine."
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"the name {host} could not be found. This machine is offline, or its network does not know the name."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"{host} refused the connection. It is down, or a firewall stands between."
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return f"{host} did not answer the call. It is down, or a firewall stands between."
    if isinstance(error, httpx.TimeoutException):
        return f"{host} stopped sending and the wait ran out."
    if isinstance(error, httpx.ConnectError):
        return f"{host} could not be reached. Check that this machine is online."
    return f"{host} broke off before all had come, or answered in no way that is known."


def why_refused(status: int, host: str) -> str:
    """An answer that carries no file, as one sentence."""
    if status in GONE:
        return (
            f"{host} holds nothing at this address any more ({status}). Data sets move with each release: open the "
            "page and put the new address into the file of sources."
        )
    if status == 407:
        return "the network's own proxy asks for a name and password (407). Ask the IT desk to let this host through."
    if status in NOT_ALLOWED:
        return f"{host}, or a filter on this network, does not allow it ({status})."
    if status == 429:
        return f"{host} has been asked too often for now (429)."
    if status in AGAIN:
        return f"{host} is in trouble of its own ({status})."
    return f"{host} answered with {status} and no file."


def may_pass(error: httpx.HTTPError) -> bool:
    """Whether a failure may be over at the next try: a wait that ran out or a line that dropped, not a closed door."""
    return not isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and everything it came from, however deep."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
