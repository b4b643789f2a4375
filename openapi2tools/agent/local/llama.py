"""The process of llama.cpp's server: it prints its address when it is ready. The door of xllamacpp.

It ends when its standard input does, so at the latest with the program that started it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TextIO

KEY_VARIABLE = "OPENAPI2TOOLS_LLAMA_KEY"
"""The environment variable with the key that the server asks for."""


def main() -> None:
    """Serve until standard input ends.

    The command is `python -m openapi2tools.agent.local.llama WEIGHTS CONTEXT_TOKENS THREADS`.
    """
    weights, context_tokens, threads = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that started it
    address_channel = _take_standard_output()

    try:
        import xllamacpp  # noqa: PLC0415 -- it prints when it is loaded, so standard output is silenced first
    except ImportError as error:  # the package is there: a library of the system is missing
        sys.exit(
            f"{error}. It needs the GNU OpenMP library: install libgomp1 (Debian, Ubuntu) or "
            "libgomp (Fedora, Alpine)"
        )
    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights
    parameters.n_ctx = int(context_tokens)
    parameters.n_parallel = 1
    parameters.cache_ram_mib = 0  # one conversation at a time: its own cache is enough
    parameters.cpuparams.n_threads = int(threads)
    parameters.cpuparams_batch.n_threads = os.cpu_count() or 1
    parameters.api_keys = [os.environ.pop(KEY_VARIABLE)]
    parameters.endpoint_slots = False
    parameters.ui = False
    parameters.verbosity = 1
    server = xllamacpp.Server(parameters)  # ready when it returns
    address_channel.write(f"{server.listening_address}\n")
    address_channel.flush()
    sys.stdin.read()
    os._exit(0)  # no reason to wait for a sentence that nobody reads


def _take_standard_output() -> TextIO:
    """Return standard output for our own use, and silence it for llama.cpp, which prints to it."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return channel


if __name__ == "__main__":
    main()
