"""Open the shop and print its address.

`python -m examples.bookshop [--port PORT] [--token TOKEN]`
"""

from __future__ import annotations

import argparse
import threading

from examples.bookshop.shop import open_shop


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m examples.bookshop", description="A bookshop with an HTTP API, on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free port")
    parser.add_argument(
        "--token",
        default="sesame",
        help="the bearer token that everything but the catalogue asks for",
    )
    options = parser.parse_args()
    try:
        with open_shop(port=options.port, token=options.token) as shop:
            print(shop.url, flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("closed")
    except (OSError, OverflowError) as error:
        parser.exit(
            1, f"The shop cannot open at port {options.port}: {error}. Take another --port.\n"
        )


if __name__ == "__main__":
    main()
