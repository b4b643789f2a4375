"""Documentation pages and bare addresses, on a real server."""

from __future__ import annotations

import json

import pytest

from openapi2tools._core import portal
from openapi2tools.errors import FetchError
from openapi2tools.spec.fetch import discover
from openapi2tools.spec.fetch.fetch import Fetcher
from tests.support.patience import bounded_work
from tests.support.server import Answer, LoopbackServer

SPEC = json.dumps({"openapi": "3.1.0", "info": {"title": "right", "version": "1"}, "paths": {}})
OTHER = SPEC.replace("right", "wrong")

PAGES = {
    "Swagger UI": (
        "<html><script>window.ui = SwaggerUIBundle({url: '/right.json', dom_id: "
        "'#swagger-ui'})</script>"
    ),
    "FastAPI's /docs": """<!DOCTYPE html><html><body><div id="swagger-ui"></div>\
<script src="https://cdn.jsdelivr.net/npm/x/swagger-ui-bundle.js">
        </script><script>const ui = SwaggerUIBundle(\
{ url: '/right.json', "dom_id": "#swagger-ui", })</script></body></html>""",
    "Swagger UI with urls": """<script>SwaggerUIBundle({urls: \
[{url: "/wrong.json", name: "old"}, {"url": "/right.json", "name": "new"}],
        "urls.primaryName": "new"})</script>""",
    "ReDoc's element": (
        "<html><redoc spec-url='/right.json'></redoc><script "
        "src='https://cdn.redoc.ly/redoc/latest/bundles/redoc.standalone.js'></script>"
    ),
    "ReDoc's function": (
        "<html><div id='redoc'></div><script>Redoc.init('/right.json', {}, "
        "document.getElementById('redoc'))</script>"
    ),
    "Scalar's attribute": (
        "<!doctype html><script id='api-reference' data-url='/right.json'></script>"
    ),
    "Scalar's configuration": (
        """<script id="api-reference" """
        """data-configuration='{"theme":"purple","url":"/right.json"}'></script>"""
    ),
    "Scalar's function": (
        "<div id=app></div><script>Scalar.createApiReference('#app', { url: '/right.json', "
        "proxyUrl: 'x' })</script>"
    ),
    "ReDoc's function, inline": (
        f"<div id='redoc'></div><script>Redoc.init({SPEC}, undefined, undefined)</script>"
    ),
    "Scalar inline": f"<script id='api-reference' type='application/json'>{SPEC}</script>",
    "RapiDoc": "<html><rapi-doc spec-url = '/right.json' theme='dark'></rapi-doc>",
    "Stoplight Elements": (
        "<html><elements-api apiDescriptionUrl='/right.json' router='hash'></elements-api>"
    ),
    "a standard link": "<html><head><link rel='service-desc' href='/right.json'></head>",
    "a base address": "<html><head><base href='/there/'></head><redoc spec-url='../right.json'>",
    "a static ReDoc page": (
        f'<html><script>const __redoc_state = {{"menu":{{}},"spec":{{"data":{SPEC}}}}};</script>'
    ),
    "NestJS": (
        f'<html><script>let options = {{\n  "swaggerDoc": {SPEC},\n "customOptions": {{}} '
        f"}};</script>"
    ),
}


def answer(pages):
    """Serve pages by path; JSON and JavaScript are recognised by their text."""
    return lambda request: (
        Answer(body=pages[request.target]) if request.target in pages else Answer(404, "not here")
    )


def find(url, **options):
    async def go():
        async with Fetcher(url, cache=False, **options) as fetcher:
            return await fetcher.find_description(url)

    return portal.run(go)


@pytest.mark.parametrize("kind", PAGES)
def test_a_documentation_page_leads_to_the_description_it_shows(kind):
    with LoopbackServer(
        answer({"/docs/": PAGES[kind], "/right.json": SPEC, "/wrong.json": OTHER})
    ) as server:
        assert json.loads(find(server.url + "/docs/").data)["info"]["title"] == "right"


def test_swagger_ui_is_followed_through_its_initializer_script():
    page = (
        "<html><script src='./swagger-ui-bundle.js'></script><script "
        "src='./swagger-initializer.js'></script>"
    )
    script = (
        'window.onload = function() { window.ui = SwaggerUIBundle({ url: "../right.json", '
        "dom_id: '#swagger-ui' }) }"
    )
    with LoopbackServer(
        answer({"/ui/index.html": page, "/ui/swagger-initializer.js": script, "/right.json": SPEC})
    ) as server:
        assert find(server.url + "/ui/index.html").address == server.url + "/right.json"
        assert not [request for request in server.received if "bundle" in request.path]


def test_springs_settings_are_followed():
    script = (
        'SwaggerUIBundle({ url: "https://petstore.invalid/v2/swagger.json", "configUrl" : '
        '"/v3/api-docs/swagger-config", layout: "x" })'
    )
    settings = json.dumps(
        {"configUrl": "/v3/api-docs/swagger-config", "url": "/right.json", "validatorUrl": ""}
    )
    pages = {
        "/swagger-ui/": "<html><script src='swagger-initializer.js'></script>",
        "/swagger-ui/swagger-initializer.js": script,
        "/v3/api-docs/swagger-config": settings,
        "/right.json": SPEC,
    }
    with LoopbackServer(answer(pages)) as server:
        assert find(server.url + "/swagger-ui/").data.decode() == SPEC


def test_of_several_descriptions_one_is_taken_and_the_others_named():
    page = (
        "<script>SwaggerUIBundle({urls: [{url: '/right.json', name: 'public'}, {url: "
        "'/wrong.json', name: 'admin'}]})</script>"
    )
    with LoopbackServer(
        answer({"/docs": page, "/right.json": SPEC, "/wrong.json": OTHER})
    ) as server:
        (problem,) = find(server.url + "/docs").problems
    assert (problem.kind, problem.severity) == ("several-descriptions", "hint")
    assert "'public'" in problem.message
    assert "admin: http" in problem.advice


def test_a_link_header_leads_to_the_description():
    def handler(request):
        return (
            Answer(body=SPEC)
            if request.path == "/right.json"
            else Answer(body="<html>", headers={"Link": '</right.json>; rel="service-desc"'})
        )

    with LoopbackServer(handler) as server:
        assert find(server.url).data.decode() == SPEC


def test_swagger_ui_is_told_the_description_in_its_own_address():
    with LoopbackServer(answer({"/docs?url=/right.json": "<html>", "/right.json": SPEC})) as server:
        assert find(server.url + "/docs?url=/right.json").data.decode() == SPEC


@pytest.mark.parametrize(
    "place", ["openapi.json", "openapi.yaml", "swagger.json", "v3/api-docs", "api-docs"]
)
@pytest.mark.parametrize("root", ["", "/", "/api/v1"])
def test_a_bare_address_tries_the_usual_places(place, root):
    with LoopbackServer(answer({"/": "welcome", f"/{place}": SPEC})) as server:
        assert find(server.url + root).address == f"{server.url}/{place}"


def test_places_below_the_given_address_come_first():
    with LoopbackServer(answer({"/api/openapi.json": SPEC, "/openapi.json": OTHER})) as server:
        assert find(server.url + "/api").data.decode() == SPEC


def test_the_error_about_an_address_where_nothing_is_is_one_sentence_and_an_advice():
    with LoopbackServer(lambda _: Answer(404)) as server, pytest.raises(FetchError) as caught:
        find(server.url)
    message = str(caught.value)
    assert "there is nothing; nor at the 25 addresses" in message
    assert message.endswith(
        "(answers 404: there is nothing). Give the address of the description itself."
    )


def test_the_error_says_what_was_tried():
    with (
        LoopbackServer(answer({"/": "<html>nothing here</html>"})) as server,
        pytest.raises(FetchError) as caught,
    ):
        find(server.url)
    message = str(caught.value)
    assert "it is a web page; nor at the " in message
    assert "\n" not in message
    assert "answers 404" in message
    for place in ("/openapi.json", "/openapi.yaml", "/swagger.json", "/v3/api-docs", "/api-docs"):
        assert f"{place}, " in message or f"{place} (" in message


def test_an_address_that_names_a_document_is_not_replaced_by_another():
    with (
        LoopbackServer(answer({"/openapi.json": SPEC})) as server,
        pytest.raises(FetchError, match="answers 404"),
    ):
        find(server.url + "/other.json")


def test_a_page_cannot_send_this_program_to_a_private_address():
    with LoopbackServer(lambda _: Answer(body=SPEC)) as inner:
        page = f"<html><redoc spec-url='{inner.url}/right.json'>"
        with (
            LoopbackServer(answer({"/docs": page})) as server,
            pytest.raises(FetchError, match="not on the public internet"),
        ):
            find(server.url + "/docs")
        assert inner.received == []


def test_own_headers_reach_the_description_behind_the_page():
    def handler(request):
        if request.headers.get("x-key") != "k":
            return Answer(403)
        return Answer(body=PAGES["Swagger UI"]) if request.path == "/docs" else Answer(body=SPEC)

    with LoopbackServer(handler) as server:
        assert find(server.url + "/docs", headers={"X-Key": "k"}).data.decode() == SPEC


def test_pages_that_lead_in_circles_end():
    pages = {
        "/docs": "<html><script src='/api-a.js'></script>",
        "/api-a.js": "configUrl: '/api-b.js'",
        "/api-b.js": "configUrl: '/api-a.js'",
    }
    with (
        LoopbackServer(answer(pages)) as server,
        pytest.raises(FetchError, match="no API description"),
    ):
        find(server.url + "/docs")


@pytest.mark.parametrize(
    "unit",
    [
        "<!--",
        "<![",
        "<a b='",
        "urls: [{url:'",
        '"spec":{"data":',
        "url :",
        "<script>",
        "&#",
        "<base href=http://[>",
        "<redoc spec-url=http://[>",
        "<input type=",
        "<a href=x>swagger",
    ],
)
def test_a_hostile_page_takes_no_long_time(unit):
    with bounded_work():
        assert (
            discover.read_page(
                b"<html><script>" + unit.encode() * (1_000_000 // len(unit)), "http://h/"
            ).inline
            is None
        )


def test_a_large_description_within_a_page_is_found():
    large = json.loads(SPEC) | {"x": ["y" * 100] * 20_000}
    shown = discover.read_page(
        f"<html><script>const __redoc_state = {{'spec': {json.dumps(large)}}}</script>".encode(),
        "http://h/",
    )
    assert json.loads(shown.inline) == large


@pytest.mark.parametrize(
    "text",
    [SPEC, "openapi: 3.0.0", "swagger: '2.0'", '{"swagger":"2.0"}', "info: {}\nopenapi: 3.0.0\n"],
)
def test_a_description_is_known_by_its_version_in_any_encoding(text):
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        assert discover.is_description(text.encode(encoding))


@pytest.mark.parametrize(
    "text", ["", "{}", "<html>openapi: 3.0.0", "title: my openapi", '{"detail": "Not Found"}']
)
def test_other_texts_are_no_description(text):
    assert not discover.is_description(text.encode())


# --- roots that show little ---


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_root_that_shows_itself_to_nobody_has_usual_places_too(status):
    def handler(request):
        return Answer(body=SPEC) if request.target == "/server/specs/oas" else Answer(status)

    with LoopbackServer(handler) as server:
        assert find(server.url).address == f"{server.url}/server/specs/oas"


def test_a_root_that_wants_a_credential_everywhere_says_how_to_give_one():
    with (
        LoopbackServer(lambda _: Answer(401)) as server,
        pytest.raises(FetchError, match=r"answers 401.*addresses that were tried.*headers="),
    ):
        find(server.url)


@pytest.mark.parametrize(
    "landing",
    [
        {"title": "OGC", "links": [{"rel": "self"}, {"rel": "service-desc", "href": "/odd/api"}]},
        {"links": [{"rel": ["about", "service-desc"], "href": "odd/api"}, 1, {"rel": 2}]},
        {"_links": {"service-desc": {"href": "/odd/api"}}},
        {"_links": {"service-desc": [{"href": "/odd/api"}]}, "links": {}},
    ],
)
def test_a_landing_page_in_json_links_to_the_description(landing):
    with LoopbackServer(answer({"/": json.dumps(landing), "/odd/api": SPEC})) as server:
        assert find(server.url + "/").address == server.url + "/odd/api"


@pytest.mark.parametrize(
    "link",
    [
        "<a href='/odd/swagger'>Reference</a>",
        "<a href='odd/swagger'><b>Reference</b></a>",
        "<p>Read <a class=x href='/odd/right'>the <i>OpenAPI</i> document</a>",
        "<a href='https://swagger.io/'>Swagger</a> <a href='/odd/page'>Swagger UI</a>",
    ],
)
def test_a_link_that_says_openapi_or_swagger_is_followed(link):
    pages = {
        "/": f"<html>{link}</html>",
        "/odd/swagger": SPEC,
        "/odd/right": SPEC,
        "/odd/page": PAGES["ReDoc's element"],
        "/right.json": SPEC,
    }
    with LoopbackServer(answer(pages)) as server:
        assert json.loads(find(server.url + "/").data)["info"]["title"] == "right"


def test_a_documentation_page_at_a_usual_place_is_followed():
    pages = {"/": "welcome", "/api/docs": PAGES["Swagger UI"], "/right.json": SPEC}
    with LoopbackServer(answer(pages)) as server:
        assert find(server.url).address == server.url + "/right.json"


def test_a_redirect_to_a_login_page_is_told_and_adds_no_places_below_it():
    login = "<html><form><input name=p type='password'></form></html>"

    def handler(request):
        if request.path.startswith("/account"):
            return Answer(body=login)
        return Answer(302, headers={"Location": "/account/login?next=/secret"})

    with LoopbackServer(handler) as server:
        with pytest.raises(FetchError) as caught:
            find(server.url + "/")
        assert f"leads to a login page ({server.url}/account/login)" in str(caught.value)
        assert "--spec-header 'Cookie: …'" in str(caught.value)
        assert {request.path for request in server.received if "/login/" in request.path} == set()


def test_a_page_that_asks_for_a_password_is_a_login_page():
    login = "<html><form><input name=p type='password'></form></html>"
    with (
        LoopbackServer(answer({"/": login})) as server,
        pytest.raises(FetchError, match="it leads to a login page"),
    ):
        find(server.url + "/")
    with LoopbackServer(answer({"/": login, "/openapi.json": SPEC})) as server:
        assert find(server.url + "/").data.decode() == SPEC
