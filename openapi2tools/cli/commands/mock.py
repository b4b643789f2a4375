"""`openapi2tools mock`: serve a stand-in for an API, which answers by the document."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.console import counted, progress, say
from openapi2tools.cli.options.reading import ReadingOptions, Source
from openapi2tools.mock.app import DOCUMENT_PATH, Mock
from openapi2tools.mock.patterns import require_extra
from openapi2tools.mock.server import serve

if TYPE_CHECKING:
    from openapi2tools.mock.server import RunningMock

EXAMPLES: Final = (
    "openapi2tools mock shop.yaml",
    "openapi2tools mock shop.yaml --port 9000 --seed 7 --no-auth",
    "openapi2tools run http://127.0.0.1:9000/openapi.json 'Which books are there?'",
)


def command(
    source: Source,
    *,
    reading: ReadingOptions,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="The port; 0 takes a free one.")
    ] = 8080,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The address of this machine to answer at.")
    ] = "127.0.0.1",
    seed: Annotated[int, typer.Option(metavar="N", help="Another number makes other values.")] = 1,
    no_auth: Annotated[
        bool,
        typer.Option(
            "--no-auth", help="Answer without the credentials that the document asks for."
        ),
    ] = False,
) -> None:
    """Serve a stand-in for an API, to try and test an agent against.

    It answers with the document's examples, else with values made from its schemas. What is
    created, changed and deleted stays so until it ends. Wrong requests are refused in words. Each
    request is a line on standard error.
    """
    require_extra()
    from_stdin = sys.stdin.buffer.read() if source == "-" else None
    with progress() as on_progress:
        api = reading.load(source if from_stdin is None else from_stdin, on_progress)
    mock = Mock(api, seed=seed, auth=not no_auth, on_request=say)

    def announce(running: RunningMock) -> None:
        operations = counted(len(api.operations), "operation")
        say(f"A mock of {api.title} with {operations} answers at {running.url}; Ctrl-C ends it.")
        say(f"Its document leads to it: openapi2tools inspect {running.url}{DOCUMENT_PATH}")

    try:
        serve(mock, host, port, announce)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
