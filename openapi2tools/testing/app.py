"""Call an ASGI app in this process as the API, with no server and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openapi2tools._core import portal
from openapi2tools.call.connect import connect
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from openapi2tools.transport.http.asgi import BASE_URL, asgi_transport, fetch_from_app

if TYPE_CHECKING:
    from openapi2tools.call.client import Client
    from openapi2tools.model import Toolset
    from openapi2tools.testing.recorder import App


def connect_app(
    app: App, tools: Toolset | None = None, *, document: str = "/openapi.json", **options: Any
) -> Client:
    """Return a client whose calls go to an ASGI app, such as one of FastAPI or Starlette.

    Everything but the network is as in production: retries, checks of addresses, errors. What the
    app raises comes out of the call. Its lifespan is not run: where it needs one, give what runs
    it, such as the app of asgi-lifespan's `LifespanManager`.

    Args:
        app: The app.
        tools: What to call; by default the tools of the app's own document.
        document: The path at which the app serves that document.
        options: Those of `connect`, but for `http` and `transport`. Where the document's server has
            a path that the app does not have, give `server="http://testserver/"`.

    Raises:
        SpecError: The app serves no document there.

    Example:
        with connect_app(app, credentials={"bearer": "token-of-a-test"}) as client:
            assert client.call("get_pet", {"petId": 7}).data["name"] == "Rex"
    """
    if tools is None:
        text = portal.run(fetch_from_app, app, document)
        tools = build_tools(load(text, address=f"{BASE_URL}{document}"))
    return connect(tools, transport=asgi_transport(app), **{"server": BASE_URL, **options})
