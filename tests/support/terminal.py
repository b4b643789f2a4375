"""A program with a person at its terminal: standard input and standard error are a pseudo-terminal,
standard output is a pipe, unless it is wanted there, too."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from time import monotonic
from typing import Self

_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\\\)|\x1b[=>]")


class Terminal:
    """`with Terminal("call", ...) as terminal:` starts `openapi2tools call ...`; wait for what it
    shows, type, and look how it ends."""

    def __init__(
        self,
        *arguments: str,
        environment: dict[str, str] | None = None,
        out_too: bool = False,
    ) -> None:
        """Start the program; with `out_too`, standard output is the terminal, too."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        # tests in the background ignore it, a person's programs do not
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "openapi2tools", *arguments],
            stdin=slave,
            stdout=slave if out_too else subprocess.PIPE,
            stderr=slave,
            # there is nobody who would say where the cursor is
            env={
                **os.environ,
                "TERM": "xterm",
                "PROMPT_TOOLKIT_NO_CPR": "1",
                **(environment or {}),
            },
            start_new_session=True,
        )
        signal.signal(signal.SIGINT, before)
        os.close(slave)
        self.shown = ""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        os.close(self._master)

    def expect(self, text: str, seconds: float = 120) -> None:
        """Wait until the terminal shows a text."""
        end = monotonic() + seconds
        while text not in self.shown:
            if not self._read(end - monotonic()):
                raise AssertionError(f"{text!r} was never shown, but: {self.shown}")

    @property
    def text(self) -> str:
        """What was shown, without colours and movements of the cursor."""
        return _CONTROL.sub("", self.shown)

    def expect_next(self, text: str, seconds: float = 120) -> None:
        """Wait until the terminal shows a text after the one that was waited for last."""
        end = monotonic() + seconds
        while (found := self.text.find(text, self._seen)) < 0:
            if not self._read(end - monotonic()):
                raise AssertionError(f"{text!r} was not shown next, but: {self.text[self._seen :]}")
        self._seen = found + len(text)

    def type(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    def press(self, keys: str) -> None:
        """Type keys as they are: `\r` is Enter, `\x03` is Ctrl-C."""
        os.write(self._master, keys.encode())

    def kill(self) -> None:
        """End the program as a crash does."""
        self._process.kill()
        self._process.wait()

    def signal(self) -> None:
        """Send what Ctrl-C sends to a program that reads no keys."""
        self._process.send_signal(signal.SIGINT)

    def interrupt(self) -> None:
        """Press Ctrl-C, and again when nothing comes of it: Python sees a signal that comes just
        before a read begins only after it."""
        for _ in range(3):
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=4)
            except subprocess.TimeoutExpired:
                continue
            return

    def end(self, seconds: float = 120) -> tuple[int, str]:
        """Wait for the end: the exit code and what stands on standard output."""
        limit = monotonic() + seconds
        while self._read(limit - monotonic()):
            pass
        if monotonic() > limit:
            raise AssertionError(f"It did not end, but shows: {self.shown}")
        code = self._process.wait(timeout=seconds)
        return code, self._process.stdout.read().decode() if self._process.stdout else ""

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(seconds, 0))
        try:
            data = os.read(self._master, 65536) if ready else b""
        except OSError:  # Linux says so when the other end is closed
            data = b""
        self.shown += data.decode(errors="replace")
        return bool(data)
