"""A Python that has imported everything already, and becomes a notebook's kernel by forking, in a few milliseconds.

Run as `python -m cip_analysis.publish.running.zygote SOCKET READY MODULE…` by `warm`, never by hand. It imports the
modules, reads ahead what READY says, says "ready", and then forks a kernel for each caller of the socket (`caller.py`).
A kernel dies when its caller does, and all of them when whoever started this does: the end of standard input tells it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pickle
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

READY = "ready"
UNFIT = "unfit"
OF_THE_KERNEL = ("ipykernel.kernelapp", "ipykernel.debugger")
"""What every kernel imports for itself as it starts."""
LONGEST_REQUEST = 1_000_000


def main(address: str, ready: str, modules: Sequence[str]) -> None:
    """Import, make ready, and fork kernels until standard input ends.

    ready: JSON of a module that can `read_ahead` and `keep_ahead`, and what to read, by name; blank for none.
    """
    for name in modules:
        with suppress(ImportError):  # the notebook that needs it will say so in its own words
            importlib.import_module(name)
    if ready:
        _read_ahead(*json.loads(ready))
    for name in OF_THE_KERNEL:
        importlib.import_module(name)
    if _threads() != 1:  # a fork takes one thread along, and leaves the others' locks held for ever
        _say(UNFIT)
        return
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        _say(READY)
        _serve(listening)


def _read_ahead(name: str, values: dict[str, str]) -> None:
    """Have a module keep what it reads ahead. The reading is done in a fork, because it may begin threads."""
    module = importlib.import_module(name)
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with os.fdopen(tell, "wb") as telling:
                pickle.dump(module.read_ahead(**values), telling, protocol=pickle.HIGHEST_PROTOCOL)
            code = 0
        finally:
            os._exit(code)
    os.close(tell)
    with os.fdopen(told, "rb") as telling, suppress(EOFError, pickle.UnpicklingError):
        module.keep_ahead(pickle.load(telling))  # noqa: S301  (written by this process's own fork)
    os.waitpid(child, 0)


def _threads() -> int:
    """How many threads this process has."""
    status = Path("/proc/self/task")
    return len(list(status.iterdir())) if status.is_dir() else 1


def _say(word: str) -> None:
    os.write(1, f"{word}\n".encode())


def _serve(listening: socket.socket) -> None:
    """Fork for every caller; kill a kernel whose caller is gone; tell a caller how its kernel ended."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    kernels: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as waiting:
        for source in (0, woken, listening):
            waiting.register(source, selectors.EVENT_READ)
        while True:
            for key, _events in waiting.select():
                if key.fileobj == 0:
                    _end(kernels)
                    return
                if key.fileobj == woken:
                    os.read(woken, 4096)
                    _reap(kernels, waiting)
                elif key.fileobj is listening:
                    _fork(listening, kernels, waiting)
                else:
                    waiting.unregister(key.fileobj)
                    _kill(key.data)


def _fork(listening: socket.socket, kernels: dict[int, socket.socket], waiting: selectors.BaseSelector) -> None:
    """A kernel for the caller that waits at the socket."""
    caller, _ = listening.accept()
    request = caller.makefile("rb").readline(LONGEST_REQUEST)
    if not request.endswith(b"\n"):
        caller.close()
        return
    child = os.fork()
    if child == 0:
        waiting.close()
        _become_kernel(json.loads(request), [listening, caller, *kernels.values()])
    kernels[child] = caller
    waiting.register(caller, selectors.EVENT_READ, data=child)
    caller.sendall(f"{child}\n".encode())


def _become_kernel(asked: dict[str, object], inherited: list[socket.socket]) -> None:
    """Turn this fork into the kernel that was asked for; it never comes back."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for one in inherited:
        one.close()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    code = 1
    try:
        os.environ.clear()
        os.environ.update(asked["environment"])  # type: ignore[call-overload]
        os.chdir(str(asked["folder"]))
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()  # else every fork would draw alike
        watched = f"--IPKernelApp.parent_handle={os.getppid()}"  # the kernel ends should its parent be killed
        sys.argv = ["ipykernel_launcher", "-f", str(asked["connection"]), watched]
        application = importlib.import_module("ipykernel.kernelapp").IPKernelApp
        application.launch_instance(sys.argv[1:])
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    finally:
        os._exit(code)


def _reap(kernels: dict[int, socket.socket], waiting: selectors.BaseSelector) -> None:
    """Tell the caller of every kernel that has ended how it did."""
    for child in list(kernels):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            caller = kernels.pop(child)
            with suppress(KeyError):
                waiting.unregister(caller)
            with suppress(OSError):
                caller.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            caller.close()


def _kill(child: int) -> None:
    """Kill a kernel and whatever it started."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)


def _end(kernels: dict[int, socket.socket]) -> None:
    """Kill every kernel."""
    for child in kernels:
        _kill(child)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
