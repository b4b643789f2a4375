"""One exchange with an API: a prepared request is signed, sent and redirected, up to an answer.

What fails on the way becomes one of our errors, which say whether a call may have taken effect.
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

import httpx

from openapi2tools import transport
from openapi2tools.call.credentials import masking, signing
from openapi2tools.call.response import redirect
from openapi2tools.call.response.read import read_response
from openapi2tools.errors import BlockedAddress, CallError, NetworkError, NotSent, TimedOut
from openapi2tools.model import FRAMING_HEADERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from httpx._client import UseClientDefault

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.call.response.recorded import Recording
    from openapi2tools.model import Result

_MAYBE_DONE: Final = "It may have taken effect: look before you repeat it."


_UNUSABLE_CLIENT: Final = re.compile(
    "client has been closed|different (event )?loop|loop is closed"
)
"""What httpx and asyncio say of a client that is closed, or that belongs to another event loop."""


async def call_api(
    prepared: Prepared,
    client: httpx.AsyncClient,
    signature: httpx.Auth | UseClientDefault,
    *,
    headers: httpx.Headers,
    retries: int,
    limit_tokens: int,
    validate: bool,
    deadline: float,
    stream_deadline: float,
    is_users_client: bool,
    secrets: set[str],
    departure: transport.Departure,
    cookies: transport.CookieStore | None,
    sent_credential: str,
    save_to: Path | None = None,
    recording: Recording | None = None,
) -> Result:
    """Send a call and read its answer; a call that reads goes again where its answer breaks off.

    Args:
        prepared: The call; its request stays as it was shown.
        client: The client to send with.
        signature: What writes the credentials on the request.
        headers: The headers that the user wants sent to every trusted origin.
        retries: How often a call that reads may be sent again.
        limit_tokens: How many tokens of the answer the text of the result may have.
        validate: Whether to check a successful answer against the document.
        deadline: When the whole call ends, on the event loop's clock.
        stream_deadline: When to stop reading what has no end: what came of it is a result.
        is_users_client: Whether `client` is the one that the user gave as `http=`. It has retries
            of its own, or none.
        secrets: The secrets that were sent are added to this set.
        departure: Is told when the request leaves.
        cookies: Where cookies are kept; None to keep none.
        sent_credential: The scheme and the source of what is sent, in words.
        save_to: A file that gets the body of an answer that is no error.
        recording: Keeps the exchange, without secrets.

    Raises:
        NetworkError, TimedOut, TimeoutError, CallError: No answer came.
    """
    only_reads = prepared.request.method in redirect.READING_METHODS

    async def answer() -> Result:
        async with exchange(
            prepared,
            client,
            signature,
            headers=headers,
            deadline=deadline,
            is_users_client=is_users_client,
            secrets=secrets,
            departure=departure,
            cookies=cookies,
        ) as response:
            return await read_response(
                response,
                prepared,
                secrets,
                sent_credential=sent_credential,
                limit_tokens=limit_tokens,
                validate=validate,
                stream_deadline=stream_deadline,
                save_to=save_to,
                recording=recording,
            )

    may_repeat = only_reads and not is_users_client
    return await transport.read_again(answer, retries if may_repeat else 0)


@asynccontextmanager
async def exchange(
    prepared: Prepared,
    client: httpx.AsyncClient,
    signature: httpx.Auth | UseClientDefault,
    *,
    headers: httpx.Headers,
    deadline: float,
    is_users_client: bool,
    secrets: set[str],
    departure: transport.Departure,
    cookies: transport.CookieStore | None,
) -> AsyncIterator[httpx.Response]:
    """Send a request, follow redirects, and yield the last response, its body still to be read.

    The history of the response holds the redirects that led to it.

    Args:
        prepared: The call; its request stays as it was shown.
        client: The client to send with.
        signature: What writes the credentials on the request.
        headers: The headers that the user wants sent to every trusted origin.
        deadline: When the whole call ends, on the event loop's clock.
        is_users_client: Whether `client` is the one that the user gave as `http=`.
        secrets: The secrets that were sent are added to this set.
        departure: Is told when the request leaves.
        cookies: Where cookies are kept, for the origin that the call is meant for; None to keep
            none.

    Raises:
        NetworkError, TimedOut, CallError: The request failed, or was redirected too often.
    """
    request = _outgoing_request(prepared, client, headers)
    own_cookies = transport.own_cookies(request)
    shown = prepared.request
    if cookies is not None:
        shown = httpx.Request(request.method, request.url, headers=shown.headers)
        cookies.add_to(shown, transport.own_cookies(shown))
    is_own_origin = True
    history: list[httpx.Response] = []
    if is_users_client:  # whose transport does not know of it
        departure.leave()
    for hop in range(redirect.MAX_REDIRECTS):
        request.extensions = {
            **request.extensions,
            "deadline": deadline,
            "client": client,
            "departure": departure,
        }
        if cookies is not None and is_own_origin:
            cookies.add_to(request, own_cookies)
        unsigned_headers = request.headers.copy()  # a signature may write on the request itself
        redirected_method = prepared.request.method if hop else None
        with (
            transport.masked_logs(),
            _as_our_errors(request, redirected_method, is_users_client=is_users_client),
        ):
            response = await client.send(
                request, auth=signature, stream=True, follow_redirects=False
            )
        secrets.update(masking.find_added_secrets(response.request, shown, unsigned_headers))
        if cookies is not None and is_own_origin:
            cookies.keep(response)
            secrets.update(cookies.secrets(response.url))
        response.history = list(history)
        following = redirect.follow(request, response)
        if following is None:
            break
        await response.aclose()
        history.append(response)
        shown = request = following.request
        if not following.is_same_origin:
            signature = httpx.Auth()
            is_own_origin = False
    else:
        raise NetworkError(f"The API redirects more than {redirect.MAX_REDIRECTS} times.")
    try:
        yield response
    finally:
        await response.aclose()


def failure_text(prepared: Prepared, error: Exception, *, has_left: bool = True) -> str:
    """Return what a model is told when no answer came.

    For a call that does more than read, and that may have left, that includes that it may have
    taken effect.
    """
    request = prepared.request
    target = f"{request.method} {request.url.copy_with(query=None)}"
    if isinstance(error, NotSent):
        return f"{target}: {with_server_advice(prepared, error)} Nothing was sent."
    if isinstance(error, TimeoutError) and not has_left:
        return (
            f"No answer in time from {target}: it still waited for a connection, or for its turn. "
            "Nothing was sent."
        )
    if isinstance(error, TimeoutError | TimedOut):
        text = f"No answer in time from {target}."
    else:
        text = f"{target}: {error}"
    if request.method not in redirect.READING_METHODS:
        return f"{text} {_MAYBE_DONE if has_left else 'Nothing was sent.'}"
    return f"{text} Try again." if isinstance(error, transport.ConnectionBroken) else text


def with_server_advice(prepared: Prepared, error: NotSent | BlockedAddress) -> str:
    """Return an error's text, with what to do where it is about the server of the call.

    It may be about a token server, or about where a redirect leads.
    """
    is_about_server = prepared.request.url.host in str(error)
    advice = prepared.server_advice if is_about_server else ""
    return " ".join(filter(None, (str(error), advice)))


def _outgoing_request(
    prepared: Prepared, client: httpx.AsyncClient, user_headers: httpx.Headers
) -> httpx.Request:
    """Return a copy of the request with the headers that a client sends with everything."""
    request = prepared.request
    headers = _joined_headers(client.headers, request.headers)
    cookies = _cookie_headers(client.headers)
    if prepared.plan.trust.refusal(str(request.url)) is None:
        cookies += _cookie_headers(user_headers)
        for name, value in user_headers.raw:
            if _may_win(name.decode().lower(), request):
                headers = signing.with_header(headers, name, value)
    # There is only one Cookie header.
    if cookies:
        cookies += _cookie_headers(request.headers)
        headers = signing.with_header(headers, b"Cookie", b"; ".join(cookies))
    return httpx.Request(request.method, request.url, headers=headers, stream=request.stream)


def _joined_headers(of_client: httpx.Headers, own: httpx.Headers) -> httpx.Headers:
    """Return a request's own headers, and those of a client that it does not have itself."""
    own_names = {name.lower() for name, _ in own.raw}
    others = [pair for pair in of_client.raw if pair[0].lower() not in own_names]
    return httpx.Headers([*own.raw, *others])


def _cookie_headers(headers: httpx.Headers) -> list[bytes]:
    return [text for name, text in headers.raw if name.lower() == b"cookie"]


def _may_win(name: str, request: httpx.Request) -> bool:
    """Return whether a header of the user's wins over the request's own.

    What says where its body ends and what it is, only the request knows; cookies join.
    """
    is_requests_own = name in FRAMING_HEADERS or name == "content-type"
    return name != "cookie" and not (is_requests_own and name in request.headers)


@contextmanager
def _as_our_errors(
    request: httpx.Request, redirected_method: str | None, *, is_users_client: bool
) -> Iterator[None]:
    """Raise our errors for those of httpx.

    `redirected_method` is the call's own method where a redirect led to this request. The API has
    then carried out the call already, for all we know.
    """
    try:
        yield
    except BlockedAddress as error:
        if _is_safe(redirected_method):
            raise
        raise BlockedAddress(
            f"{error} A redirect of the {redirected_method} led there. {_MAYBE_DONE}"
        ) from None
    except (httpx.TransportError, NotSent) as error:
        ours = (
            error if isinstance(error, NotSent) else transport.translate_error(error, request.url)
        )
        raise (transport.as_possibly_sent(ours) if redirected_method else ours) from None
    except (httpx.InvalidURL, UnicodeError):  # httpx reads the address of a redirect, too
        raise NetworkError(
            f"{transport.redact_url(request.url)} redirects to what is no URL."
        ) from None
    except RuntimeError as error:
        if not (is_users_client and _says_unusable(error)):
            raise
        raise _unusable_client(error, request.method, redirected_method) from None


def _unusable_client(error: RuntimeError, *methods: str | None) -> CallError:
    doubt = "" if all(map(_is_safe, methods)) else f" {_MAYBE_DONE}"
    return CallError(
        f"The client of http= cannot be used here ({error}): "
        f"it may be closed, or of another event loop.{doubt}"
    )


def _says_unusable(error: RuntimeError) -> bool:
    """Return whether an error is that of a client that cannot be used here.

    A subclass, and whatever else a RuntimeError says, is a fault of its own below the client.
    """
    return type(error) is RuntimeError and _UNUSABLE_CLIENT.search(str(error)) is not None


def _is_safe(method: str | None) -> bool:
    return method is None or method in redirect.READING_METHODS
