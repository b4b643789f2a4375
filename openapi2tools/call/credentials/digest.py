"""HTTP digest (RFC 7616): a user, a password and a server's challenge in, the `Authorization` that answers it out."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import httpx

from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.serialization.streams import BodyStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

ALGORITHMS: Final = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}
"""By preference, strongest first."""
_PIECE: Final = re.compile(
    r"""([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s,"]*))?"""
)
_ESCAPED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks (RFC 7616, section 3.3). `qop` is "" for a server of RFC 2069's time."""

    realm: str
    nonce: str
    algorithm: str
    qop: str
    opaque: str | None = None
    stale: bool = False
    userhash: bool = False

    @property
    def rank(self) -> int:
        """The place of the algorithm by preference; challenges that we cannot answer are never made."""
        return list(ALGORITHMS).index(self.algorithm.removesuffix("-SESS"))


class Digest(httpx.Auth):
    """Sends a request, answers the challenge, and answers once more when the server calls its nonce stale.

    The request goes out twice, so a body that cannot be read again is read into memory.
    """

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = Secret(password)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Follow httpx's protocol."""
        if not isinstance(request.stream, BodyStream):
            request.stream = httpx.ByteStream(await request.aread())
        response = yield request
        for attempt in range(2):
            challenge = read_challenge(response)
            if (
                response.status_code != 401
                or challenge is None
                or (attempt and not challenge.stale)
            ):
                return
            body = (
                b"".join([chunk async for chunk in request.stream])
                if challenge.qop == "auth-int"
                else b""
            )
            request.headers["Authorization"] = self.answer(
                challenge, request.method, request.url.raw_path.decode("ascii"), body
            )
            response = yield request

    def answer(
        self,
        challenge: Challenge,
        method: str,
        uri: str,
        body: bytes = b"",
        *,
        cnonce: str | None = None,
    ) -> str:
        """Write the `Authorization` for one request (RFC 7616, section 3.4); a nonce is used once, so its count is always 1."""
        algorithm, nonce, qop = challenge.algorithm, challenge.nonce, challenge.qop
        cnonce = cnonce or secrets.token_urlsafe(18)
        a1 = f"{self._user}:{challenge.realm}:{self._password.reveal()}"
        if algorithm.endswith("-SESS"):
            a1 = f"{_hash(algorithm, a1)}:{nonce}:{cnonce}"
        a2 = f"{method}:{uri}" + (f":{_hash(algorithm, body)}" if qop == "auth-int" else "")
        middle = f"{nonce}:00000001:{cnonce}:{qop}" if qop else nonce
        fields = {
            **self._name(challenge),
            "realm": _quoted(challenge.realm),
            "uri": _quoted(uri),
            "nonce": _quoted(nonce),
            "response": _quoted(
                _hash(algorithm, f"{_hash(algorithm, a1)}:{middle}:{_hash(algorithm, a2)}")
            ),
            "algorithm": algorithm.replace("-SESS", "-sess"),
            **({"opaque": _quoted(challenge.opaque)} if challenge.opaque is not None else {}),
            **({"cnonce": _quoted(cnonce)} if qop or algorithm.endswith("-SESS") else {}),
            **({"qop": qop, "nc": "00000001"} if qop else {}),
        }
        return "Digest " + ", ".join(f"{name}={value}" for name, value in fields.items())

    def _name(self, challenge: Challenge) -> dict[str, str]:
        if challenge.userhash:
            return {
                "username": _quoted(_hash(challenge.algorithm, f"{self._user}:{challenge.realm}")),
                "userhash": "true",
            }
        if not self._user.isascii():
            return {"username*": "UTF-8''" + quote(self._user, safe="")}
        return {"username": _quoted(self._user)}


def read_challenge(response: httpx.Response) -> Challenge | None:
    """Choose the strongest of a response's digest challenges that can be answered."""
    offered = [
        fields
        for header in response.headers.get_list("www-authenticate")
        for fields in _digests(header)
    ]
    answerable = [challenge for fields in offered if (challenge := _challenge(fields))]
    return min(answerable, key=lambda challenge: challenge.rank, default=None)


def _digests(header: str) -> list[dict[str, str]]:
    """Give the fields of each digest challenge of one header line, which may hold several schemes (RFC 9110, section 11.6.1)."""
    challenges: list[tuple[str, dict[str, str]]] = []
    for name, value in _PIECE.findall(header):
        if not value:
            challenges.append((name.lower(), {}))
        elif challenges:
            challenges[-1][1][name.lower()] = _unquoted(value.partition("=")[2].strip())
    return [fields for scheme, fields in challenges if scheme == "digest"]


def _challenge(fields: Mapping[str, str]) -> Challenge | None:
    algorithm = fields.get("algorithm", "MD5").upper()
    offered = {word.strip().lower() for word in fields.get("qop", "").split(",") if word.strip()}
    qop = next((word for word in ("auth", "auth-int") if word in offered), "")
    known = ALGORITHMS.get(algorithm.removesuffix("-SESS")) in hashlib.algorithms_available
    if "nonce" not in fields or not known or (offered and not qop):
        return None
    return Challenge(
        realm=fields.get("realm", ""),
        nonce=fields["nonce"],
        algorithm=algorithm,
        qop=qop,
        opaque=fields.get("opaque"),
        stale=fields.get("stale", "").lower() == "true",
        userhash=fields.get("userhash", "").lower() == "true",
    )


def _hash(algorithm: str, data: str | bytes) -> str:
    name = ALGORITHMS[algorithm.removesuffix("-SESS")]
    return hashlib.new(
        name, data.encode() if isinstance(data, str) else data, usedforsecurity=False
    ).hexdigest()


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') else text
