"""An API that answers by its document: an ASGI app, for a server or for tests in one process."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from openapi2tools._core.identity import cached_by_identity
from openapi2tools._core.json import exact_json
from openapi2tools.mock.answers import Answer, Answers
from openapi2tools.mock.asgi import read_body, read_head
from openapi2tools.mock.bodies import Fault
from openapi2tools.mock.document import own_document
from openapi2tools.mock.kept import Kept
from openapi2tools.mock.patterns import require_extra
from openapi2tools.mock.request import Request, RequestReader
from openapi2tools.mock.routes import Match, Routes
from openapi2tools.mock.security import check_credential, shown_query
from openapi2tools.tools.resources.find import Resources
from openapi2tools.tools.schema.convert import Schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.mock.asgi import Message, Receive, Send
    from openapi2tools.model import Api

DOCUMENT_PATH: Final = "/openapi.json"
"""Where a mock serves the document, unless the API has something of its own there."""
_PATH_CHARACTERS: Final = "/:@!$&'()*+,;=~"
_MAX_BODY_BYTES: Final = 64 * 1024 * 1024


class Mock:
    """A stand-in for an API, as an ASGI app.

    It answers by the document: with its examples, else with values made from its schemas, the same
    for the same request. What is created, changed and deleted stays so as long as the mock lives. A
    request that breaks the document's word, and one without the credential that the document asks
    for, is refused in words. The document is served at `/openapi.json`, and leads to the mock.

    Args:
        api: The API, as `load` returned it.
        seed: Another seed makes other values.
        auth: Whether a credential is asked for where the document does; any value will do.
        on_request: Gets a line about each request, without secrets.

    Raises:
        InvalidOption: The extra `oas2tools[mock]` is not installed.

    Example:
        with connect_app(Mock(load("petstore.yaml"), auth=False)) as client:
            pet = client.call("addPet", {"name": "Rex", "photoUrls": []}).data
            assert client.call("getPetById", {"petId": pet["id"]}).data["name"] == "Rex"
    """

    def __init__(
        self,
        api: Api,
        *,
        seed: int = 1,
        auth: bool = True,
        on_request: Callable[[str], None] | None = None,
    ) -> None:
        require_extra()
        self.api = api
        self._auth = auth
        self._on_request = on_request
        self._routes = Routes(api.operations)
        self._resources = Resources(api.operations)
        answer_schemas = Schemas(api, "output")
        self._answers = Answers(api, answer_schemas, seed)
        inputs = Schemas(api)
        self._kept = Kept(self._answers, inputs)
        self._reader_of = cached_by_identity(partial(RequestReader, schemas=inputs))
        self._lock = Lock()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer as ASGI wants it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(*read_head(scope), await read_body(receive, _MAX_BODY_BYTES))
        answer = self.answer(request)
        sent = {**answer.headers, "content-length": str(len(answer.body))}
        if answer.status in (204, 304):
            del sent["content-length"]
        pairs = [
            (name.encode("latin-1"), text.encode("latin-1", "replace"))
            for name, text in sent.items()
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        content = b"" if request.method == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": content})

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request; its path is as it came."""
        match = None
        words = ""
        try:
            found = self._routes.find(request.method, request.path, request.query)
            if not found or _is_for_document(request, found):
                return self._without_operation(request)
            with self._lock:
                match, answer = self._carry_out(found, request)
        except Fault as fault:
            words = str(fault)
            answer = _fault_answer(fault)
            match = found[0]
        self._tell(request, match, answer.status, words)
        return answer

    def _carry_out(self, found: list[Match], request: Request) -> tuple[Match, Answer]:
        """Do what a request asks, by the first operation that it is right for."""
        faults: list[Fault] = []
        for match in found:
            operation = match.operation
            read = replace(
                request, method=operation.method, path=match.path, variables=match.variables
            )
            try:
                if self._auth:
                    check_credential(operation, self.api, read)
                body = self._reader_of(operation).read(read)
            except Fault as fault:
                faults.append(fault)
                continue
            place = self._resources.of(operation)
            value, made_at = self._kept.answer(place, operation, read, body)
            answer = self._answers.write(operation, value)
            if made_at:
                answer.headers["location"] = match.prefix + quote(made_at, safe=_PATH_CHARACTERS)
            return match, answer
        raise faults[0]

    def _without_operation(self, request: Request) -> Answer:
        """Return the document, or the answer to what is no operation of the API."""
        if request.method == "GET" and request.path == DOCUMENT_PATH:
            body = exact_json.dumps(
                own_document(self.api, auth=self._auth), ensure_ascii=False
            ).encode()
            answer = Answer(200, {"content-type": "application/json"}, body)
            self._tell(request, None, 200, "the document")
            return answer
        methods = self._routes.methods(request.path, request.query)
        if methods:
            words = f"{request.path} has no {request.method}, but {', '.join(methods)}."
            fault = Fault(405, words, {"allow": ", ".join(methods)})
        else:
            fault = Fault(404, f"The document has no path {request.path}.")
        self._tell(request, None, fault.status, str(fault))
        return _fault_answer(fault)

    def _tell(self, request: Request, match: Match | None, status: int, words: str) -> None:
        if self._on_request is None:
            return
        query = shown_query(self.api, request.query)
        path = f"{request.path}?{query}" if query else request.path
        name = match.operation.id or match.operation.key if match else ""
        line = f"{request.method} {path} {status} {name}".rstrip()
        self._on_request(f"{line}: {words}" if words else line)


def _is_for_document(request: Request, found: list[Match]) -> bool:
    """Return whether the document is wanted, which only a path without variables comes before."""
    is_literal = any(not match.variables for match in found)
    return request.method == "GET" and request.path == DOCUMENT_PATH and not is_literal


def _fault_answer(fault: Fault) -> Answer:
    """Return a fault as RFC 9457 writes it."""
    problem = {
        "title": _TITLES.get(fault.status, "Error"),
        "status": fault.status,
        "detail": str(fault),
    }
    headers = {"content-type": "application/problem+json", **fault.headers}
    return Answer(fault.status, headers, exact_json.dumps(problem, ensure_ascii=False).encode())


_TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
}


async def _live(receive: Receive, send: Send) -> None:
    """Say to a server that there is nothing to start and nothing to end."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
