"""A digest-protected handler for the loopback server, written from RFC 7616 and not the client."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from tests.support.server import Answer, Received

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


@dataclass
class DigestServer:
    """Answers 200 to who knows the password.

    `qop` is what it offers; `stale_first` rejects the first right answer's nonce as stale.
    """

    user: str
    password: str
    algorithm: str = "SHA-256"
    qop: str = "auth, auth-int"
    userhash: bool = False
    stale_first: bool = False
    charset: str = ""
    also: tuple[str, ...] = ()
    proves_itself: bool = True
    next_nonces: bool = False
    seen: list[dict[str, str]] = field(default_factory=list)

    realm = 'pets "and" more'

    def __call__(self, request: Received) -> Answer:
        header = request.headers.get("authorization", "")
        if not header.startswith("Digest "):
            return self._challenge(stale=False)
        fields = {
            name: self._plain(value)
            for name, value in re.findall(r'([\w*]+)=("(?:[^"\\]|\\.)*"|[^,\s]+)', header)
        }
        self.seen.append(fields)
        right = hmac.compare_digest(
            fields["response"], self._expected(fields, request)
        ) and self._is_user(fields)
        if right and self.stale_first and len(self.seen) == 1:
            return self._challenge(stale=True)
        if right and fields["uri"] == request.target:
            return Answer(body="{}", headers=self._info(fields, request))
        return self._challenge(stale=False)

    def _info(self, fields: dict[str, str], request: Received) -> dict[str, str]:
        """Write what the server says of itself (RFC 7616, section 3.5)."""
        info = []
        if fields.get("qop") == "auth":
            of_server = replace(request, method="", body=b"")
            proof = self._expected(fields, of_server) if self.proves_itself else "0" * 32
            info = [f'rspauth="{proof}"', "qop=auth", f'cnonce="{fields["cnonce"]}"', "nc=00000001"]
        if self.next_nonces:
            info.append(f'nextnonce="next{len(self.seen)}"')
        return {"Authentication-Info": ", ".join(info)} if info else {}

    def _challenge(self, *, stale: bool) -> Answer:
        realm = self.realm.replace('"', '\\"')
        text = f'Digest realm="{realm}", nonce="n{len(self.seen)}", opaque="op,aque"'
        text += f", algorithm={self.algorithm}"
        text += f', qop="{self.qop}"' if self.qop else ""
        text += ", userhash=true" if self.userhash else ""
        text += ", stale=true" if stale else ""
        text += f", charset={self.charset}" if self.charset else ""
        return Answer(401, body="who?", headers={"WWW-Authenticate": ", ".join([*self.also, text])})

    def _expected(self, fields: dict[str, str], request: Received) -> str:
        def h(data: bytes) -> str:
            return hashlib.new(HASHES[self.algorithm.removesuffix("-sess")], data).hexdigest()

        secret = h(f"{self.user}:{self.realm}:{self.password}".encode())
        if self.algorithm.endswith("-sess"):
            secret = h(f"{secret}:{fields['nonce']}:{fields['cnonce']}".encode())
        resource = f"{request.method}:{request.target}"
        if fields.get("qop") == "auth-int":
            resource += ":" + h(request.body)
        if "qop" not in fields:
            return h(f"{secret}:{fields['nonce']}:{h(resource.encode())}".encode())
        nonces = ":".join(fields[name] for name in ("nonce", "nc", "cnonce", "qop"))
        return h(f"{secret}:{nonces}:{h(resource.encode())}".encode())

    def _is_user(self, fields: dict[str, str]) -> bool:
        if self.userhash:
            named = hashlib.new(
                HASHES[self.algorithm.removesuffix("-sess")], f"{self.user}:{self.realm}".encode()
            ).hexdigest()
            return fields["username"] == named and fields["userhash"] == "true"
        extended = unquote(fields.get("username*", "").removeprefix("UTF-8''"))
        plain = fields.get("username", "").encode("latin-1").decode()
        return self.user in (plain, extended)

    @staticmethod
    def _plain(value: str) -> str:
        return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
