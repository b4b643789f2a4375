"""The process of llama.cpp's server: weights in, its address out on standard output. The door of xllamacpp.

It ends when its standard input does, so at the latest with the program that started it.
"""

from __future__ import annotations

import os
import signal
import sys

KEY = "OPENAPI2TOOLS_LLAMA_KEY"
"""The environment variable with the key that the server asks for."""


def main() -> None:
    """Serve until nobody is there: `python -m openapi2tools.agent.local.llama WEIGHTS CONTEXT THREADS`."""
    weights, context, threads = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that started it
    address = os.fdopen(os.dup(1), "w")
    # llama.cpp talks; the address has a channel of its own
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    try:
        import xllamacpp  # noqa: PLC0415 -- its first words must find the channel closed
    except (
        ImportError
    ) as error:  # not of the package, which is there: of what the system should have
        sys.exit(
            f"{error}. It needs the GNU OpenMP library: install libgomp1 (Debian, Ubuntu) or libgomp (Fedora, Alpine)"
        )
    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights
    parameters.n_ctx = int(context)
    parameters.n_parallel = 1
    parameters.cache_ram_mib = 0  # one conversation at a time: its own cache is enough
    parameters.cpuparams.n_threads = int(threads)
    parameters.cpuparams_batch.n_threads = os.cpu_count() or 1
    parameters.api_keys = [os.environ.pop(KEY)]
    parameters.endpoint_slots = parameters.ui = False
    parameters.verbosity = 1
    server = xllamacpp.Server(parameters)  # ready when it returns
    address.write(f"{server.listening_address}\n")
    address.flush()
    sys.stdin.read()
    os._exit(0)  # no reason to wait for a sentence that nobody reads


if __name__ == "__main__":
    main()
