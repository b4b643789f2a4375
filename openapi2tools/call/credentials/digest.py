"""Answer the challenges of HTTP digest authentication (RFC 7616)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import httpx

from openapi2tools.call.credentials.challenges import read_challenges, read_parameters
from openapi2tools.call.credentials.nonces import Nonces
from openapi2tools.call.credentials.signing import with_header
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.errors import NetworkError
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

_ALGORITHMS: Final = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}
"""Their names in challenges and in `hashlib`, strongest first."""
_SESSION_SUFFIX: Final = "-SESS"
"""The end of an algorithm's name that hashes the nonces into the first part, too."""
_MAX_ANSWERS: Final = 2
"""One answer to the first challenge, and one to a challenge that calls the nonce stale."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks (RFC 7616, section 3.3).

    `qop` is auth or auth-int, and empty for a server of RFC 2069's time. `is_utf8` tells whether it
    announces UTF-8.
    """

    realm: str
    nonce: str
    algorithm: str
    qop: str
    opaque: str | None = None
    stale: bool = False
    userhash: bool = False
    is_utf8: bool = False

    @property
    def strength_rank(self) -> int:
        """The position of the algorithm among those we know, 0 for the strongest."""
        return list(_ALGORITHMS).index(self.algorithm.removesuffix(_SESSION_SUFFIX))

    @property
    def is_session(self) -> bool:
        """Whether the algorithm hashes the nonces into the first part, too."""
        return self.algorithm.endswith(_SESSION_SUFFIX)


_NEXT_CHALLENGES: Final = Nonces[Challenge]()
"""Challenges with the nonces that servers gave for the next request (RFC 7616, section 3.5)."""


class DigestAuth(httpx.Auth):
    """Send a request, answer the challenge, and once more when the server calls its nonce stale.

    The request goes out twice, unless an earlier answer brought a nonce for it, so a body that
    cannot be read again is read into memory.
    """

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = Secret(password)

    @property
    def identity(self) -> str:
        """Whose credential this is."""
        return self._user

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Follow httpx's protocol."""
        if not isinstance(request.stream, BodyStream):
            request.stream = httpx.ByteStream(await request.aread())
        server = origin(str(request.url))
        challenge = _NEXT_CHALLENGES.take(self._key(server))
        cnonce = ""
        if challenge is not None:
            cnonce = await self._sign(request, challenge)
        response = yield request
        for attempt in range(_MAX_ANSWERS):
            if response.status_code != 401:
                break
            challenge = read_challenge(response)
            if challenge is None or (attempt > 0 and not challenge.stale):
                return
            cnonce = await self._sign(request, challenge)
            response = yield request
        if challenge is not None and response.status_code != 401:
            self._read_info(response, challenge, request.url.raw_path.decode("ascii"), cnonce)

    async def _sign(self, request: httpx.Request, challenge: Challenge) -> str:
        """Write the answer to a challenge on a request, and return its `cnonce`."""
        body = b""
        if challenge.qop == "auth-int" and isinstance(
            request.stream, httpx.ByteStream | BodyStream
        ):
            body = await _read_all(request.stream)
        cnonce = secrets.token_urlsafe(18)
        uri = request.url.raw_path.decode("ascii")
        value = self.answer(challenge, request.method, uri, body, cnonce=cnonce)
        request.headers = with_header(request.headers, b"Authorization", value.encode())
        return cnonce

    def _read_info(
        self, response: httpx.Response, challenge: Challenge, uri: str, cnonce: str
    ) -> None:
        """Read what the server says of itself and of the next request (RFC 7616, section 3.5).

        Its own proof is checked where it does not cover the content, which is not read here.

        Raises:
            NetworkError: It does not know the password, so that somebody else answers.
        """
        info = read_parameters(response.headers.get("authentication-info", ""))
        server = origin(str(response.request.url))
        proof = info.get("rspauth", "")
        if proof and challenge.qop == "auth" and info.get("qop", "auth") == "auth":
            expected = self._response(challenge, "", uri, b"", cnonce)
            if not hmac.compare_digest(proof.lower().encode(), expected.encode()):
                raise NetworkError(
                    f"The answer of {server} is not used: it does not prove that the server knows "
                    "the password (`rspauth`, RFC 7616), so somebody else may have answered."
                )
        if info.get("nextnonce") and not challenge.is_session:
            following = replace(challenge, nonce=info["nextnonce"], stale=False)
            _NEXT_CHALLENGES.keep(self._key(server), following)

    def _key(self, server: str) -> str:
        """Return what tells a credential at a server from others, without showing it."""
        text = f"{server}\n{self._user}\n{self._password.reveal()}"
        return hashlib.sha256(text.encode()).hexdigest()

    def answer(
        self,
        challenge: Challenge,
        method: str,
        uri: str,
        body: bytes = b"",
        *,
        cnonce: str | None = None,
    ) -> str:
        """Write the `Authorization` for one request (RFC 7616, section 3.4).

        A nonce is used once, so its count is always 1.
        """
        cnonce = cnonce or secrets.token_urlsafe(18)
        fields = {
            **self._user_fields(challenge),
            "realm": _quoted(challenge.realm),
            "uri": _quoted(uri),
            "nonce": _quoted(challenge.nonce),
            "response": _quoted(self._response(challenge, method, uri, body, cnonce)),
            "algorithm": challenge.algorithm.replace("-SESS", "-sess"),
        }
        if challenge.opaque is not None:
            fields["opaque"] = _quoted(challenge.opaque)
        if challenge.qop or challenge.is_session:
            fields["cnonce"] = _quoted(cnonce)
        if challenge.qop:
            fields["qop"] = challenge.qop
            fields["nc"] = "00000001"
        return "Digest " + ", ".join(f"{name}={value}" for name, value in fields.items())

    def _response(
        self, challenge: Challenge, method: str, uri: str, body: bytes, cnonce: str
    ) -> str:
        """Compute the proof that the password is known; `a1` and `a2` are the standard's names."""
        algorithm, nonce, qop = challenge.algorithm, challenge.nonce, challenge.qop
        a1 = f"{self._user}:{challenge.realm}:{self._password.reveal()}"
        if challenge.is_session:
            a1 = f"{_hash(algorithm, a1)}:{nonce}:{cnonce}"
        a2 = f"{method}:{uri}"
        if qop == "auth-int":
            a2 = f"{a2}:{_hash(algorithm, body)}"
        nonces = f"{nonce}:00000001:{cnonce}:{qop}" if qop else nonce
        return _hash(algorithm, f"{_hash(algorithm, a1)}:{nonces}:{_hash(algorithm, a2)}")

    def _user_fields(self, challenge: Challenge) -> dict[str, str]:
        """Name the user: hashed, encoded or plain (RFC 7616, sections 3.4.4 and 4).

        Only a server that announces UTF-8 reads `username*`. Others take the plain bytes of it.
        """
        if challenge.userhash:
            hashed = _hash(challenge.algorithm, f"{self._user}:{challenge.realm}")
            return {"username": _quoted(hashed), "userhash": "true"}
        if challenge.is_utf8 and not self._user.isascii():
            return {"username*": "UTF-8''" + quote(self._user, safe="")}
        return {"username": _quoted(self._user)}


def read_challenge(response: httpx.Response) -> Challenge | None:
    """Return the strongest of a response's digest challenges that can be answered."""
    answerable = [
        challenge
        for fields in read_challenges(response, "digest")
        if (challenge := _challenge(fields)) is not None
    ]
    return min(answerable, key=lambda challenge: challenge.strength_rank, default=None)


async def _read_all(stream: httpx.ByteStream | BodyStream) -> bytes:
    return b"".join([chunk async for chunk in stream])


def _challenge(parameters: Mapping[str, str]) -> Challenge | None:
    """Read a challenge; None when it is one that we cannot answer."""
    algorithm = parameters.get("algorithm", "MD5").upper()
    hash_name = _ALGORITHMS.get(algorithm.removesuffix(_SESSION_SUFFIX))
    words = (word.strip().lower() for word in parameters.get("qop", "").split(","))
    offered = {word for word in words if word}
    qop = next((word for word in ("auth", "auth-int") if word in offered), "")
    if "nonce" not in parameters or hash_name not in hashlib.algorithms_available:
        return None
    if offered and not qop:
        return None
    return Challenge(
        realm=parameters.get("realm", ""),
        nonce=parameters["nonce"],
        algorithm=algorithm,
        qop=qop,
        opaque=parameters.get("opaque"),
        stale=parameters.get("stale", "").lower() == "true",
        userhash=parameters.get("userhash", "").lower() == "true",
        is_utf8=parameters.get("charset", "").lower() == "utf-8",
    )


def _hash(algorithm: str, data: str | bytes) -> str:
    name = _ALGORITHMS[algorithm.removesuffix(_SESSION_SUFFIX)]
    content = data.encode() if isinstance(data, str) else data
    return hashlib.new(name, content, usedforsecurity=False).hexdigest()


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
