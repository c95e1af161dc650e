"""What a notebook's runner starts in place of a kernel: it asks the zygote for one, and lives and dies with it.

Run as `python -I -S caller.py SOCKET CONNECTION_FILE`, with nothing but the standard library, so that it is up at once.
Whoever interrupts, stops or kills this reaches the kernel; how the kernel ends is how this ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def main(address: str, connection: str) -> int:
    """The kernel's exit code, once it has ended; 1 where the zygote is gone."""
    asked = {"connection": connection, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    with socket.socket(socket.AF_UNIX) as zygote:
        zygote.connect(address)
        zygote.sendall(json.dumps(asked).encode() + b"\n")
        told = zygote.makefile("rb")
        kernel = int(told.readline() or 0)
        if not kernel:
            return 1
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda said, _frame: os.kill(kernel, said))
        return int(told.readline() or 1)


if __name__ == "__main__":
    try:
        code = main(*sys.argv[1:])
    except OSError:
        code = 1
    sys.exit(code if code >= 0 else 128 - code)
