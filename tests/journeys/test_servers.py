"""Servers that others wrote, driven by their own documents through the command line: create, read,
list, delete (`make test-servers`)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Done

pytestmark = pytest.mark.servers
SERVERS = Path(sys.prefix) / "servers" / "bin"
TOKEN = "sesame"
SECURED = {  # Jupyter's document does not say that the server wants a token
    "overlay": "1.0.0",
    "info": {"title": "Jupyter wants a token", "version": "1"},
    "actions": [
        {
            "target": "$",
            "update": {
                "securityDefinitions": {
                    "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
                },
                "security": [{"token": []}],
            },
        }
    ],
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def running(
    folder: Path, program: str, *options: str, port: int | None = None, **variables: str
) -> Iterator[str]:
    """Start a server's program on a free port and give its URL when it answers.

    `PORT` in an option stands for the port; an option that names it is added where none does.
    """
    if not (SERVERS / program).exists():
        pytest.skip(f"{program} is not installed: make test-servers does it")
    port = port or free_port()
    with_port = [option.replace("PORT", str(port)) for option in options]
    if with_port == list(options):
        with_port.append(f"--port={port}")
    with (folder / "log").open("wb") as log:
        environment = {
            **os.environ,
            "ANONYMIZED_TELEMETRY": "False",
            "HOME": str(folder),
            **variables,
        }
        process = subprocess.Popen(
            [SERVERS / program, *with_port],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        wait_for(port, process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=120)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = monotonic() + 90
    while monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


def caller(cli: Callable[..., Done], source: str, *options: str) -> Callable[..., Any]:
    """Give `call(tool, **arguments)`, which asserts that the command succeeds and reads what it
    writes."""

    def call(tool: str, **arguments: Any) -> Any:
        done = cli("call", source, tool, "--args", json.dumps(arguments), "--yes", *options)
        assert done.code == 0, done.err
        return json.loads(done.out) if done.out else None

    return call


def test_jupyter_server(cli: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "overlay.json").write_text(json.dumps(SECURED))
    options = [
        "--spec-header",
        f"Authorization: token {TOKEN}",
        "--auth",
        f"token=token {TOKEN}",
        "--overlay",
        str(tmp_path / "overlay.json"),
    ]
    start = [
        f"--IdentityProvider.token={TOKEN}",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.root_dir={tmp_path}",
    ]
    with running(tmp_path, "jupyter-server", *start) as url:
        call = caller(cli, f"{url}/api/spec.yaml", *options)
        call("put_api_contents_path", path="notes", body={"type": "directory"})
        call(
            "put_api_contents_path",
            path="notes/a b?.txt",
            body={"type": "file", "format": "text", "content": "hello"},
        )
        assert call("get_api_contents_path", path="notes/a b?.txt", content=1)["content"] == "hello"
        assert (tmp_path / "notes" / "a b?.txt").read_text() == "hello"
        assert [
            entry["name"] for entry in call("get_api_contents_path", path="notes")["content"]
        ] == ["a b?.txt"]
        call("delete_api_contents_path", path="notes/a b?.txt")
        assert call("get_api_contents_path", path="notes")["content"] == []


def test_chromadb(cli: Callable[..., Done], tmp_path: Path) -> None:
    place = {"tenant": "default_tenant", "database": "default_database"}
    with running(tmp_path, "chroma", "run", f"--path={tmp_path / 'data'}") as url:
        # the document is found from the root; the key is declared and not checked
        call = caller(cli, url, "--auth", "ApiKeyAuth=unused")
        made = call("create_collection", name="books", **place)
        assert [one["id"] for one in call("list_collections", **place)] == [made["id"]]
        records = {**place, "collection_id": made["id"]}
        call(
            "collection_add",
            ids=["a", "b"],
            embeddings=[[1, 0], [0, 1]],
            documents=["one", "two"],
            **records,
        )
        assert call("collection_get", ids=["b"], include=["documents"], **records)["documents"] == [
            "two"
        ]
        assert call("collection_query", query_embeddings=[[1, 0.1]], n_results=1, **records)[
            "ids"
        ] == [["a"]]
        call("collection_delete", ids=["a"], **records)
        assert call("collection_count", **records) == 1
        call("delete_collection", collection_id="books", **place)
        assert call("list_collections", **place) == []


def test_kinto(cli: Callable[..., Done], tmp_path: Path) -> None:
    """Its document says `security: []` everywhere, and its API wants a password."""
    if not (SERVERS / "kinto").exists():
        pytest.skip("kinto is not installed: make test-servers does it")
    settings = ("--backend", "memory", "--cache-backend", "memory", "--host", "127.0.0.1")
    subprocess.run(
        [SERVERS / "kinto", "init", "--ini", "kinto.ini", *settings], cwd=tmp_path, check=True
    )
    books = {"bucket_id": "shop", "collection_id": "books"}
    with running(tmp_path, "kinto", "start", "--ini", "kinto.ini") as url:
        source = f"{url}/v1/"  # the document is found from there
        anybody = caller(cli, source)
        anybody("update_account", id="admin", data={"password": "hush"})
        call = caller(cli, source, "--auth", "basic=admin:hush")
        call("create_bucket", data={"id": "shop"})
        call("create_collection", bucket_id="shop", data={"id": "books"})
        made = [
            call("create_record", data={"title": title}, **books)["data"]["id"]
            for title in ("Kindred", "Dawn", "Fledgling")
        ]
        first = cli(
            *("call", source, "get_records", "--auth", "basic=admin:hush"),
            *("--args", json.dumps({"_limit": 2, **books})),
        )
        assert len(json.loads(first.out)["data"]) == 2
        assert "There is more" in first.err  # which only the header Next-Page tells
        call("patch_record", id=made[0], data={"price": 9.5}, **books)
        assert call("get_record", id=made[0], **books)["data"]["price"] == 9.5
        call("update_record", id=made[1], data={"title": "Imago"}, **books)
        assert call("get_record", id=made[1], **books)["data"]["title"] == "Imago"
        call("delete_record", id=made[2], **books)
        left = call("get_records", **books)["data"]
        assert {record["title"] for record in left} == {"Kindred", "Imago"}
        wrong = cli(
            *("call", source, "get_record", "--auth", "basic=admin:hush"),
            *("--args", json.dumps({"id": made[2], **books})),
        )
        assert (wrong.code, "404" in wrong.err) == (1, True)
        refused = cli("call", source, "get_buckets", "--auth", "basic=admin:wrong", "--yes")
        assert "401" in refused.err
        assert "wrong" not in refused.err


def test_gns3(cli: Callable[..., Done], tmp_path: Path) -> None:
    """Its uploads declare no body, and its document is found from the root."""
    with running(tmp_path, "gns3server", "--host=127.0.0.1") as url:
        token = caller(cli, url)("authenticate", username="admin", password="admin")
        call = caller(cli, url, "--auth", f"OAuth2PasswordBearer={token['access_token']}")
        project = call("create_project", name="lab")["project_id"]
        call("open_project", project_id=project)
        nodes = [
            call(
                "create_node",
                project_id=project,
                name=name,
                node_type="vpcs",
                compute_id="local",
            )
            for name in ("left", "right")
        ]
        ends = [
            {"node_id": node["node_id"], "adapter_number": 0, "port_number": 0} for node in nodes
        ]
        link = call("create_link", project_id=project, nodes=ends)
        assert [each["link_id"] for each in call("get_links", project_id=project)] == [
            link["link_id"]
        ]
        call("update_node", project_id=project, node_id=nodes[0]["node_id"], name="west")
        names = {node["name"] for node in call("get_nodes", project_id=project)}
        assert names == {"west", "right"}
        upload = caller(
            cli,
            url,
            "--auth",
            f"OAuth2PasswordBearer={token['access_token']}",
            "--open-body",
            "write_file",
        )
        text = {"text": "hello", "content_type": "text/plain"}
        upload("write_file", project_id=project, file_path="day 1.txt", body=text)
        (written,) = tmp_path.rglob("day 1.txt")
        assert written.read_text() == "hello"
        call("delete_link", project_id=project, link_id=link["link_id"])
        assert call("get_links", project_id=project) == []
        refused = cli("call", url, "get_projects", "--auth", "OAuth2PasswordBearer=wrong")
        assert (refused.code, "401" in refused.err) == (1, True)
        call("delete_project", project_id=project)
        assert call("get_projects") == []


PLACES = """
server:
  bind: {{host: 127.0.0.1, port: {port}}}
  url: http://127.0.0.1:{port}
  mimetype: application/json; charset=UTF-8
  encoding: utf-8
  languages: [en-US]
  limits: {{default_items: 10, max_items: 50}}
  map: {{url: "https://example.com/{{z}}/{{x}}/{{y}}.png", attribution: none}}
logging: {{level: ERROR}}
metadata:
  identification:
    {{title: Places, description: Places to visit, keywords: [places], keywords_type: theme,
      terms_of_service: none, url: "https://example.com"}}
  license: {{name: CC-BY 4.0, url: "https://example.com"}}
  provider: {{name: Us, url: "https://example.com"}}
  contact: {{name: Ann, email: ann@example.com}}
resources:
  places:
    type: collection
    title: Places
    description: Places to visit
    keywords: [places]
    links: []
    extents:
      spatial:
        {{bbox: [-180, -90, 180, 90], crs: "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}}
    providers:
      - {{type: feature, name: TinyDB, data: {folder}/places.tinydb, id_field: externalId,
          editable: true}}
"""


def feature(name: str, longitude: float) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [longitude, 47.4]}
    properties = {"externalId": name, "name": name}
    return {"type": "Feature", "id": name, "geometry": point, "properties": properties}


def test_pygeoapi(cli: Callable[..., Done], tmp_path: Path) -> None:
    """A landing page of OGC's leads to its document; features are written without a schema."""
    if not (SERVERS / "pygeoapi").exists():
        pytest.skip("pygeoapi is not installed: make test-servers does it")
    port = free_port()
    config, document = tmp_path / "config.yml", tmp_path / "openapi.yml"
    config.write_text(PLACES.format(port=port, folder=tmp_path))
    (tmp_path / "places.tinydb").write_text("{}")
    variables = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(document)}
    subprocess.run(
        [SERVERS / "pygeoapi", "openapi", "generate", str(config), "--output-file", str(document)],
        check=True,
        env={**os.environ, **variables},
    )
    serve = ("--host=127.0.0.1", "--port=PORT", "pygeoapi.flask_app:APP")
    with running(tmp_path, "waitress-serve", *serve, port=port, **variables) as url:
        call = caller(cli, url)
        for name, longitude in (("Bern", 7.4), ("Zurich", 8.5), ("Chur", 9.5)):
            call("addPlacesFeatures", body=feature(name, longitude))
        everything = call("getPlacesFeatures", f="json")
        assert {one["id"] for one in everything["features"]} == {"Bern", "Zurich", "Chur"}
        page = call("getPlacesFeatures", f="json", limit=2, offset=2)
        assert len(page["features"]) == 1
        call("updatePlacesFeatures", featureId="Bern", body=feature("Bern", 7.5))
        bern = call("getPlacesFeature", featureId="Bern", f="json")
        assert bern["geometry"]["coordinates"][0] == 7.5
        call("deletePlacesFeatures", featureId="Chur")
        assert call("describePlacesCollection", f="json")["title"] == "Places"
        assert call("getConformanceDeclaration", f="json")["conformsTo"]
        left = call("getPlacesFeatures", f="json")["features"]
        assert {one["id"] for one in left} == {"Bern", "Zurich"}
        arguments = json.dumps({"featureId": "Chur", "f": "json"})
        gone = cli("call", url, "getPlacesFeature", "--args", arguments)
        assert (gone.code, "404" in gone.err) == (1, True)
        faulty = json.dumps({"limit": "many"})
        wrong = cli("call", url, "getPlacesFeatures", "--args", faulty)
        assert (wrong.code, "limit" in wrong.err) == (1, True)
