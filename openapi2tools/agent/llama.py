"""The process that runs llama.cpp's server: `python -m openapi2tools.agent.llama WEIGHTS CONTEXT THREADS` writes its address, and ends
when its standard input does, that is at the latest with the program that started it. The door of xllamacpp.
"""  # noqa: D205 -- one sentence

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve until nobody listens."""
    weights, context, threads = sys.argv[1:]
    address = os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)  # llama.cpp talks; the address has a channel of its own

    import xllamacpp  # noqa: PLC0415 -- its first words must find the channels closed

    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights
    parameters.n_ctx = int(context)
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = int(threads)
    parameters.endpoint_slots = parameters.ui = False
    parameters.cors_origins = ""
    parameters.verbosity = 1
    server = xllamacpp.Server(parameters)  # ready when it returns
    address.write(f"{server.listening_address}\n")
    address.flush()
    sys.stdin.read()
    os._exit(0)  # no reason to wait for a sentence nobody reads


if __name__ == "__main__":
    main()
