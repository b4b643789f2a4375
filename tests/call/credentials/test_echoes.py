"""A secret that an API repeats reaches nobody, in whatever form and place it stands."""

from __future__ import annotations

import json
import logging
from base64 import b64encode, urlsafe_b64encode
from html import escape, unescape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus, unquote_plus

import pytest

from openapi2tools import MissingCredential, Result, connect, load
from openapi2tools.call.credentials.masking import MASK, Masker, mask_secrets
from openapi2tools.model import OAuthFlow, SecurityScheme
from tests.support.calling import parameter, tool, tools
from tests.support.secured import secured
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY: Final = "s3cr/t+k&y='\"<canary>=="

FORMS: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "percent": quote,
    "every percent": lambda text: quote(text, safe=""),
    "lower percent": lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%3D", "%3d"),
    "query": quote_plus,
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "each byte percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "html": escape,
    "html numbers": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "html hexadecimal": lambda text: "".join(f"&#x{ord(each):X};" for each in text),
    "html twice": lambda text: escape(escape(text)),
    "html names": lambda text: escape(text).replace("/", "&sol;").replace("+", "&plus;"),
    "json": lambda text: json.dumps(text)[1:-1],
    "json in json": lambda text: json.dumps(json.dumps(text))[1:-1],
    "json slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json unicode": lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    "json unicode signs": lambda text: "".join(
        each if each.isalnum() else f"\\u{ord(each):04X}" for each in text
    ),
    "javascript": lambda text: "".join(f"\\x{ord(each):02x}" for each in text),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 url": lambda text: urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 of a pair": lambda text: b64encode(f"user:{text}:more".encode()).decode(),
    "base64 of a header": lambda text: b64encode(f"X-Api-Key:  {text}\n".encode()).decode(),
    "base64 percent": lambda text: quote(b64encode(text.encode()).decode(), safe=""),
    "hexadecimal": lambda text: text.encode().hex(),
    "upper hexadecimal": lambda text: text.encode().hex().upper(),
}


def told(result: Result) -> str:
    """Give all that a result holds, and what is left of its escapes."""
    parts = [(part.name, part.data) for part in result.parts]
    all_of_it = (result.text, result.data, result.next, dict(result.headers), result.notes, parts)
    text = f"{all_of_it!r} {result!r} {json.dumps(result.data, ensure_ascii=False)}"
    undone = unescape(unquote_plus(unquote_plus(text)))
    return text + undone + undone.replace("\\/", "/").replace("\\", "")


def echoed(answer: Callable[[str], Answer], form: str, **options: Any) -> Result:
    scheme = SecurityScheme("key", "apiKey", name="X-Api-Key", location="header")
    with LoopbackServer(lambda _: answer(FORMS[form](CANARY))) as server:
        subject = tool(
            server.url,
            *(parameter("cursor"), parameter("page")),
            api={"schemes": {"key": scheme}},
            security=({"key": ()},),
        )
        client = connect(tools(subject), credentials={"key": CANARY}, retries=0, **options)
        return client.call("t")


def header_safe(text: str) -> str:
    return text.replace("\n", " ")


SHAPES: Final[dict[str, Callable[[str], Answer]]] = {
    "text": lambda form: Answer(200, f"got {form}!", {"Content-Type": "text/plain"}),
    "html": lambda form: Answer(200, f"<p>got {form}!</p>", {"Content-Type": "text/html"}),
    "html attribute": lambda form: Answer(
        200, f"<a href='/?key={form}'>more</a>", {"Content-Type": "text/html"}
    ),
    "xml": lambda form: Answer(200, f"<a b='{form}'/>", {"Content-Type": "application/xml"}),
    "json": lambda form: Answer(200, {"got": form, form: [form], "next_cursor": form}),
    "json text": lambda form: Answer(200, json.dumps(form), {"Content-Type": "application/json"}),
    "half json": lambda form: Answer(200, '{"a": "' + form, {"Content-Type": "application/json"}),
    "lines": lambda form: Answer(
        200, json.dumps({"got": form}) + "\n{}\n", {"Content-Type": "application/x-ndjson"}
    ),
    "utf-16": lambda form: Answer(
        200, json.dumps({"got": form}).encode("utf-16"), {"Content-Type": "application/json"}
    ),
    "an error": lambda form: Answer(401, {"error": form}, {"WWW-Authenticate": f"Bearer {form}"}),
    "no such method": lambda form: Answer(405, "", {"Allow": form}),
    "too many": lambda form: Answer(429, "", {"Retry-After": form}),
    "moved": lambda form: Answer(302, "", {"Location": f"ftp://x/{form}"}),
    "a link": lambda form: Answer(
        200, [1], {"Link": f'<?cursor={quote(form)}>; rel="next", <{form}>; rel="prev"'}
    ),
    "a cursor": lambda form: Answer(200, [1], {"X-Next-Cursor": form}),
    "a link in the body": lambda form: Answer(200, {"next": f"?cursor={form}"}),
    "a file's name": lambda form: Answer(
        200,
        b"\x00\x01",
        {"Content-Disposition": f"attachment; filename*=utf-8''{quote(form, safe='')}"},
    ),
    "a file's plain name": lambda form: Answer(
        200, b"\x00\x01", {"Content-Disposition": f'attachment; filename="{form}"'}
    ),
    "a cookie": lambda form: Answer(200, "{}", {"Set-Cookie": f"a={form}"}),
    "any header": lambda form: Answer(200, "{}", {"X-Echo": form, "ETag": form}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_no_form_of_a_secret_leaves_an_answer(shape: str) -> None:
    for form, write in FORMS.items():
        result = echoed(SHAPES[shape], form)
        assert CANARY not in told(result), form
        assert write(CANARY) not in told(result), form


def test_a_file_holds_no_secret_as_it_is() -> None:
    result = echoed(lambda form: Answer(200, b"\x00" + form.encode()), "plain")
    assert result.parts[0].data == b"\x00" + MASK.encode()


def test_what_was_masked_is_told() -> None:
    masked = echoed(SHAPES["html"], "html")
    assert "repeats a credential" in " ".join(masked.notes)
    assert not connect_and_call(Answer(200, {"a": "no secret"})).notes


def connect_and_call(answer: Answer) -> Result:
    with LoopbackServer(lambda _: answer) as server:
        return connect(tools(tool(server.url))).call("t")


def test_what_goes_on_without_the_secret_goes_on() -> None:
    link = {"Link": '<?X-Api-Key=hidden&page=2>; rel="next"'}
    scheme = SecurityScheme("key", "apiKey", name="X-Api-Key", location="query")
    with LoopbackServer(lambda _: Answer(200, [1], link)) as server:
        subject = tool(
            server.url,
            parameter("page"),
            api={"schemes": {"key": scheme}},
            security=({"key": ()},),
        )
        result = connect(tools(subject), credentials={"key": "hidden"}).call("t")
    assert result.next is not None
    assert result.next.arguments == {"page": "2"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("summer", MASK),
        ("(summer)", f"({MASK})"),
        ("key=summer&a=1", f"key={MASK}&a=1"),
        ("midsummer summers", "midsummer summers"),
        ("%73ummer", MASK),
        ("a%73ummer", "a%73ummer"),
        ("a b%20c &lt;d&gt; \\n", "a b%20c &lt;d&gt; \\n"),
        ("x &#x73;ummer y summer z", f"x {MASK} y {MASK} z"),
    ],
)
def test_a_short_secret_is_a_whole_word(text: str, masked: str) -> None:
    assert mask_secrets(text, ["summer"]) == masked


@pytest.mark.parametrize("secret", ["a%2Fb%41c-long-enough", "a\\b\\u0041-long-enough", "é-ü-ñ-öö"])
def test_a_secret_that_looks_like_escapes_is_found(secret: str) -> None:
    for form, write in FORMS.items():
        assert mask_secrets(f"x{write(secret)}", [f"{secret}"]).count(MASK) <= 1, form
        assert MASK in mask_secrets(f"- {write(secret)} -", [secret]), form


def test_longer_secrets_hold_shorter_ones() -> None:
    assert mask_secrets("Bearer abcdefgh!", ["abcdefgh", "Bearer abcdefgh"]) == f"{MASK}!"


def test_a_number_that_is_a_secret_is_masked() -> None:
    assert Masker(["12345678"]).value({"a": [12345678, 123456789, True]}) == {
        "a": [MASK, 123456789, True]
    }


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_secret_leaves_the_answer_of_a_token_server(form: str) -> None:
    written = FORMS[form](CANARY)
    basic = b64encode(f"{quote_plus('ours')}:{quote_plus(CANARY)}".encode()).decode()
    answer = Answer(400, {"error": written, "error_description": f"{written} Basic {basic}"})
    with LoopbackServer(lambda _: answer) as server:
        flow = OAuthFlow("clientCredentials", token_url=f"{server.url}/token")
        subject = secured(
            SecurityScheme("oauth", "oauth2", flows=(flow,)),
            servers=[server.url],
            address=f"{server.url}/api.json",
        )
        client = connect(
            tools(subject),
            credentials={"oauth": {"client_id": "ours", "client_secret": CANARY}},
        )
        with pytest.raises(MissingCredential) as caught:
            client.call("t")
    message = str(caught.value)
    assert written not in message
    assert basic not in message
    assert CANARY not in unescape(unquote_plus(message))


def test_no_log_of_the_libraries_beneath_tells_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    headers = {"Set-Cookie": f"a={quote(CANARY)}", "X-Echo": CANARY, "Content-Type": "text/plain"}
    with LoopbackServer(lambda _: Answer(200, json.dumps(document), headers)) as server:
        load(f"{server.url}/api.json?key={quote(CANARY, safe='')}")
        scheme = SecurityScheme("key", "apiKey", name="key", location="query")
        subject = tool(server.url, api={"schemes": {"key": scheme}}, security=({"key": ()},))
        connect(tools(subject), credentials={"key": CANARY}).call("t")
    messages = " ".join(record.getMessage() for record in caplog.records)
    assert "HTTP Request: GET" in messages
    assert "key=…" in messages
    assert "receive_response_headers.complete" in messages
    assert "text/plain" in messages
    assert CANARY not in unquote_plus(messages)
    assert quote(CANARY) not in messages


@pytest.mark.parametrize("secret", ["R", "R1", ""])
def test_a_secret_of_a_letter_or_two_is_searched_to_an_end(secret) -> None:
    assert Masker({secret}).text("no echo here") == "no echo here"
