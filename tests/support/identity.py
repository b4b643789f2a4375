"""A real identity server (nanoidp) on loopback, and the person at its pages."""

from __future__ import annotations

import json
import logging
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from tests.support.server import Answer, Handler, Received

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USERS = """
config_version: 1
users:
  ann: {password: "ann's pässword", email: ann@example.org}
"""
SETTINGS = """
config_version: 1
server: {host: 127.0.0.1, port: 8000}
logging: {level: CRITICAL}
device_flow: {polling_interval: 1}
jwt: {keys_dir: KEYS}
oauth:
  issuer: http://127.0.0.1:8000
  issuer_from_request: true
  audience: pets
  scopes_supported: [openid, profile, email, offline_access, "read:pets", "write:pets"]
  clients:
    - {client_id: service, client_secret: "s/e+c r%et:1", description: names itself in the header}
    - client_id: poster
      client_secret: poster-secret
      token_endpoint_auth_method: client_secret_post
    - client_id: desktop
      token_endpoint_auth_method: none
      redirect_uris: ["http://127.0.0.1/callback"]
"""
SERVICE_SECRET = "s/e+c r%et:1"
PASSWORD = "ann's pässword"


@contextmanager
def identity_server(folder: Path) -> Iterator[str]:
    """Run nanoidp in a thread; gives its address. There is one for a process."""
    (folder / "users.yaml").write_text(USERS, encoding="utf-8")
    (folder / "settings.yaml").write_text(
        SETTINGS.replace("KEYS", json.dumps(str(folder / "keys"))), encoding="utf-8"
    )
    levels = logging.getLogger().level, list(logging.getLogger().handlers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of other people's packages
        from nanoidp.app import create_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        app = create_app(str(folder))
    logging.getLogger().setLevel(levels[0])
    logging.getLogger().handlers[:] = levels[1]

    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pets(issuer: str) -> Handler:
    """Make an API that lets in who has an active token with read:pets; others get 401 or 403."""

    def handler(request: Received) -> Answer:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        answer = httpx.post(
            f"{issuer}/introspect",
            data={"token": token},
            auth=("service", SERVICE_SECRET),
            verify=False,
            timeout=60,
        ).json()
        if not answer.get("active"):
            return Answer(
                401, {"error": "who?"}, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            )
        return Answer(
            200 if "read:pets" in answer.get("scope", "") else 403,
            {"sub": answer.get("sub"), "client": answer.get("client_id")},
        )

    return handler


def browse(address: str) -> httpx.Response:
    """Log in as Ann at an authorization address, and follow the browser's way back."""
    with httpx.Client(follow_redirects=True, verify=False, timeout=60) as browser:
        return browser.post(address, data={"username": "ann", "password": PASSWORD})


def way_back(address: str) -> str:
    """Log in as Ann, and give the address that the browser is sent to, without going there."""
    with httpx.Client(verify=False, timeout=60) as browser:
        return browser.post(address, data={"username": "ann", "password": PASSWORD}).headers[
            "location"
        ]


def agree(issuer: str, user_code: str, action: str = "authorize") -> None:
    """Type in a device's code as Ann."""
    form = {"user_code": user_code, "username": "ann", "password": PASSWORD, "action": action}
    with httpx.Client(verify=False, timeout=60) as browser:
        browser.post(f"{issuer}/device", data=form).raise_for_status()


def revoke(issuer: str, token: str) -> None:
    """Make a token of the public client worthless."""
    with httpx.Client(verify=False, timeout=60) as client:
        client.post(
            f"{issuer}/revoke", data={"token": token, "client_id": "desktop"}
        ).raise_for_status()
