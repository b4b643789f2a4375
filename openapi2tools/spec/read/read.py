"""Read a document into an `Api`; what is wrong with it is listed as problems, and never raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from openapi2tools.model import Api, JsonObject, OnProgress, Problem
from openapi2tools.spec.parse.survey import Survey, survey
from openapi2tools.spec.read.dialect import dialect_of
from openapi2tools.spec.read.operations import OperationReader
from openapi2tools.spec.read.paths import PathReader
from openapi2tools.spec.read.security import SecurityReader, read_schemes
from openapi2tools.spec.read.servers import ServerReader
from openapi2tools.spec.read.source import Source
from openapi2tools.spec.read.values import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.model import SecurityScheme
    from openapi2tools.spec.read.authors import Authors


def read(
    document: JsonObject,
    *,
    address: str | None = None,
    problems: Sequence[Problem] = (),
    seen: Survey | None = None,
    authors: Authors | None = None,
    progress: OnProgress | None = None,
) -> Api:
    """Read a document whose references are all local.

    Args:
        document: The whole description, parsed.
        address: Where it came from: a URL or a path.
        problems: What is known to be wrong with it so far.
        seen: The survey of its references, where it has been made already.
        authors: Who wrote it, where an Overlay or other documents had a part in it.
        progress: Called now and then with the number of operations read.

    Raises:
        UnsupportedVersion: It is no OpenAPI description, or of a version that cannot be read.
    """
    readers = _Readers.of(Source(document, dialect_of(document, address), authors))
    source = readers.source
    operations = readers.paths.read(progress)
    source.report_broken_references((seen or survey(document)).indirect_references, problems)
    if not document.get("paths"):
        _report_no_paths(source)
    tags = _read_tags(source)
    info = document.get("info")
    if not isinstance(info, dict):
        info = {}
    return Api(
        title=text(info.get("title")),
        dialect=source.dialect,
        operations=operations,
        document=document,
        version=str(info.get("version", "")),
        description=text(info.get("description")),
        servers=readers.servers.of_document,
        schemes=readers.schemes,
        tags=tags,
        problems=(*problems, *source.problems),
        address=address,
    )


def path_reader(document: JsonObject) -> PathReader:
    """Return what reads the operations of a document that has been read before, and stands alone.

    What is wrong with the document is known already.
    """
    return _Readers.of(Source(document, dialect_of(document, None))).paths


class _Readers(NamedTuple):
    """What reads the parts of one document."""

    source: Source
    schemes: Mapping[str, SecurityScheme]
    servers: ServerReader
    paths: PathReader

    @classmethod
    def of(cls, source: Source) -> Self:
        """Make the readers; problems are listed in the order in which the parts are read."""
        schemes = read_schemes(source)
        servers = ServerReader(source)
        operations = OperationReader(source, servers, SecurityReader(source, schemes))
        return cls(source, schemes, servers, PathReader(source, servers, operations))


def _report_no_paths(source: Source) -> None:
    """Report that there is nothing to make a tool of."""
    message = "`paths` is empty: there is no operation to make a tool of."
    if source.document.get("webhooks"):
        message = (
            "it describes webhooks only: these are requests that the API sends to you, "
            "so that there is no operation to make a tool of."
        )
    source.report("no-operations", message, "/paths", "Is this the whole document?")


def _read_tags(source: Source) -> Mapping[str, str]:
    """Return the name and description of each tag."""
    tags = {}
    for tag in source.as_list(source.document.get("tags"), "/tags", "`tags`"):
        if isinstance(tag, dict) and isinstance(tag.get("name"), str):
            tags[tag["name"]] = text(tag.get("description"))
    return tags
