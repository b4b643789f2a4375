"""A cluster of Postgres of one's own, from Debian's binaries; it listens on a socket alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_USER = "runs"
_numbers = count(1)


def binaries() -> Path | None:
    """Return the folder of Postgres' binaries, of the newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    newest = found[-1] if found else on_path and Path(on_path)
    return Path(newest).parent if newest else None


class Cluster:
    """A cluster that runs; Postgres refuses to be root, who is `postgres` here."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self._programs = programs

    def new_database(self) -> str:
        """Return the address of a database that is new."""
        name = f"runs_{next(_numbers)}"
        self.do("createdb", "-h", str(self.folder), "-U", _USER, name)
        return f"postgresql://{_USER}@/{name}?host={self.folder}"

    def do(self, program: str, *arguments: str) -> None:
        """Run one of its programs."""
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        as_user = user if os.geteuid() == 0 else {}
        with (self.folder / "output").open("ab") as output:
            subprocess.run(
                [self._programs / program, *arguments],
                check=True,
                stdout=output,
                stderr=output,
                cwd="/",
                **as_user,
            )


@contextmanager
def open_cluster(programs: Path) -> Iterator[Cluster]:
    """Make a cluster, and remove it at the end."""
    folder = Path(mkdtemp(prefix="runs-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        cluster = Cluster(folder, programs)
        data = str(folder / "data")
        cluster.do("initdb", "-D", data, "-U", _USER, "--auth=trust", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder}"
        log = str(folder / "log")
        cluster.do("pg_ctl", "-D", data, "-w", "-l", log, "-o", settings, "start")
        try:
            yield cluster
        finally:
            cluster.do("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
