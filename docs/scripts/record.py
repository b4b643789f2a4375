"""Record the terminal session that the picture in the README shows.

`python -m docs.scripts.record` opens the bookshop, starts the command in a pseudo-terminal, says
yes to the order, and writes what came, with its times, to docs/pictures/run.cast (asciicast 2).
The model is the embedded one, or OpenAI's with OPENAI_API_KEY. `docs.scripts.picture` draws it.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import sys
import tempfile
import termios
from pathlib import Path
from time import monotonic

from examples.bookshop.shop import open_shop

COLUMNS, LINES = 68, 40
CAST = Path(__file__).parents[1] / "pictures/run.cast"
ADDRESS = "http://127.0.0.1:8000"
QUESTION = "Order two copies of The Dispossessed for our customer Mei Tanaka."
TYPED = f'$ openapi2tools run {ADDRESS} \\\r\n"{QUESTION}"\r\n'


def record(*arguments: str, answer: str, at: str) -> list[tuple[float, str]]:
    """Return what `openapi2tools ARGUMENTS` shows, and when; `answer` is typed when `at` is."""
    begun = monotonic()
    process, terminal = pty.fork()
    if not process:
        os.execv(sys.executable, [sys.executable, "-m", "openapi2tools", *arguments])  # noqa: S606
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    events: list[tuple[float, str]] = []
    shown = ""
    while data := _read(terminal):
        text = data.decode(errors="replace")
        events.append((round(monotonic() - begun, 2), text))
        if at not in shown and at in shown + text:
            os.write(terminal, f"{answer}\n".encode())
        shown += text
    os.waitpid(process, 0)
    return events


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


def main() -> None:
    with open_shop(port=8000) as shop, tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "OPENAPI2TOOLS_BEARERAUTH": shop.token,
            "OPENAPI2TOOLS_CONFIG": folder,
            "OPENAPI2TOOLS_SESSIONS": folder,
            "COLUMNS": str(COLUMNS),
            "TERM": "xterm-256color",
        }
        events = record("run", ADDRESS, QUESTION, answer="y", at="[y/N")
    header = {"version": 2, "width": COLUMNS, "height": LINES}
    lines = [json.dumps(header), json.dumps([0, "o", TYPED])]
    lines += [json.dumps([when, "o", text], ensure_ascii=False) for when, text in events]
    CAST.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
