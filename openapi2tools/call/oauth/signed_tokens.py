"""Sign what a client says of itself: JSON web tokens (RFC 7519), with a key of its own.

The only module that knows PyJWT and cryptography, which are an extra. A key is a text: PEM, a JSON
web key (RFC 7517), or the key file of a service account in Google's form.
"""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from openapi2tools._core.installed import install_command
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.errors import MissingCredential, OpenAPI2ToolsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LIFETIME_SECONDS: Final = 60
"""How long an assertion counts, which is used at once; some servers take no longer one."""
_JTI_BYTES: Final = 18
_SERVICE_ACCOUNT: Final = "service_account"
"""The `type` of a key file in Google's form."""
_DPOP_ALGORITHM: Final = "ES256"
_HMAC_ALGORITHMS: Final = ("HS256", "HS384", "HS512")
_ALGORITHMS: Final = {
    "RSA": ("RS256", "PS256", "RS384", "PS384", "RS512", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
    "Ed448": ("EdDSA",),
}
"""What each kind of key can sign with, the commonest first (RFC 7518, RFC 8037)."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key as it was given, and what is said beside it.

    Attributes:
        key: PEM, or a JSON web key.
        key_id: Its name among the keys of its owner.
        client_id: Whose it is.
        token_url: Where it gets tokens.
        algorithm: What it signs with; empty where it does not say.
        is_service_account: Whether it stands for a login.
    """

    key: str
    key_id: str = ""
    client_id: str = ""
    token_url: str = ""
    algorithm: str = ""
    is_service_account: bool = False


def is_service_account(fields: Mapping[str, Any]) -> bool:
    """Return whether these are the fields of a service account's key file."""
    return fields.get("type") == _SERVICE_ACCOUNT and "private_key" in fields


def read_key_file(text: Secret) -> KeyFile:
    """Read a key in any of its forms; the key itself is read when it signs."""
    plain = text.reveal().strip()
    if not plain.startswith("{"):
        return KeyFile(plain)
    try:
        fields = json.loads(plain)
    except ValueError:
        raise _no_key() from None
    if is_service_account(fields):
        return KeyFile(
            key=str(fields["private_key"]),
            key_id=str(fields.get("private_key_id") or ""),
            client_id=str(fields.get("client_email") or ""),
            token_url=str(fields.get("token_uri") or ""),
            is_service_account=True,
        )
    return KeyFile(
        key=plain,
        key_id=str(fields.get("kid") or ""),
        algorithm=str(fields.get("alg") or ""),
    )


def choose_algorithm(
    key: Secret, given: str, supported: Sequence[str], *, is_shared_secret: bool = False
) -> str:
    """Return what to sign with: as given, else what the key and the server have in common.

    Args:
        key: The private key, or the client's secret.
        given: What the user says.
        supported: What the server's metadata says; empty where it says nothing.
        is_shared_secret: Whether the key is the secret.

    Raises:
        MissingCredential: They have nothing in common.
    """
    if given:
        return given
    candidates = _HMAC_ALGORITHMS if is_shared_secret else _key_algorithms(key)
    usable = [name for name in candidates if name in supported or not supported]
    if not usable:
        raise MissingCredential(
            f"The authorization server takes signatures of {', '.join(map(str, supported))}, and "
            f"this key makes {', '.join(candidates)}: give one of another kind."
        )
    return usable[0]


def sign_assertion(
    key: Secret, claims: Mapping[str, str], *, algorithm: str, key_id: str = ""
) -> str:
    """Sign claims that count for a minute, once (RFC 7523, section 3); empty ones are left out."""
    now = int(time.time())
    times = {"iat": now, "exp": now + _LIFETIME_SECONDS, "jti": token_urlsafe(_JTI_BYTES)}
    content = {**{name: text for name, text in claims.items() if text}, **times}
    if algorithm in _HMAC_ALGORITHMS:
        return _sign_with_secret(content, key.reveal(), algorithm)
    file = read_key_file(key)
    kid = key_id or file.key_id
    return _encode(content, _load(file), algorithm, {"kid": kid} if kid else {})


def new_dpop_key() -> Secret:
    """Make a key that tokens are bound to (RFC 9449), as a JSON web key."""
    _require_library()
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415 -- opened late
        SECP256R1,
        generate_private_key,
    )
    from jwt.algorithms import ECAlgorithm  # noqa: PLC0415 -- opened late

    return Secret(json.dumps(ECAlgorithm.to_jwk(generate_private_key(SECP256R1()), as_dict=True)))


def dpop_proof(key: Secret, method: str, url: str, nonce: str = "", access: str = "") -> str:
    """Prove for one request that the sender holds the key (RFC 9449, section 4.2).

    Args:
        key: As `new_dpop_key` made it.
        method: The request's method.
        url: The request's URL; its query does not count.
        nonce: What the server wants to see in the proof.
        access: The token that goes with the request; empty at the token server.
    """
    private = json.loads(key.reveal())
    public = {name: private[name] for name in ("kty", "crv", "x", "y")}
    target = urlsplit(url)._replace(query="", fragment="").geturl()
    claims = {
        "jti": token_urlsafe(_JTI_BYTES),
        "htm": method,
        "htu": target,
        "iat": int(time.time()),
    }
    if nonce:
        claims["nonce"] = nonce
    if access:
        claims["ath"] = _base64url(sha256(access.encode()).digest())
    headers = {"typ": "dpop+jwt", "jwk": public}
    return _encode(claims, _load(KeyFile(key.reveal())), _DPOP_ALGORITHM, headers)


def _key_algorithms(key: Secret) -> Sequence[str]:
    """Return what a key can sign with."""
    file = read_key_file(key)
    return (file.algorithm,) if file.algorithm else _ALGORITHMS[_kind_of(_load(file))]


def _kind_of(key: Any) -> str:
    """Return the kind of a private key: RSA, or the name of its curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415 -- opened late
        EllipticCurvePrivateKey,
    )
    from cryptography.hazmat.primitives.asymmetric.rsa import (  # noqa: PLC0415 -- opened late
        RSAPrivateKey,
    )

    if isinstance(key, RSAPrivateKey):
        return "RSA"
    if isinstance(key, EllipticCurvePrivateKey):
        curve = key.curve.name.replace("secp", "P-").replace("r1", "")
        if curve in _ALGORITHMS:
            return curve
    name = type(key).__name__.replace("PrivateKey", "").lstrip("_")
    return next((kind for kind in ("Ed25519", "Ed448") if kind == name), "")


def _load(file: KeyFile) -> Any:
    """Read a private key."""
    _require_library()
    import jwt  # noqa: PLC0415 -- opened late
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 -- opened late
        load_pem_private_key,
    )

    try:
        if file.key.startswith("{"):
            key = jwt.PyJWK.from_json(file.key).key
        else:
            key = load_pem_private_key(file.key.encode(), password=None)
    except TypeError:
        raise MissingCredential(
            "The private key is encrypted: give it as it is, from a place that keeps it safe "
            "(`openssl pkey -in KEY -out PLAIN` takes the password away)."
        ) from None
    except (ValueError, jwt.PyJWTError):
        raise _no_key() from None
    if not hasattr(key, "sign") or not _kind_of(key):
        raise _no_key()
    return key


def _no_key() -> MissingCredential:
    return MissingCredential(
        "The private key cannot be read: give an RSA, EC or Ed25519 key as PEM, a private JSON web "
        "key, or the key file of a service account."
    )


def _sign_with_secret(claims: Mapping[str, Any], secret: str, algorithm: str) -> str:
    """Sign with a shared secret (RFC 7515, appendix A.1), which needs no package."""
    hash_name = algorithm.replace("HS", "sha")
    header = {"alg": algorithm, "typ": "JWT"}
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
    mac = hmac.digest(secret.encode(), signed.encode(), hash_name)
    return f"{signed}.{_base64url(mac)}"


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _encode(claims: Mapping[str, Any], key: Any, algorithm: str, headers: dict[str, Any]) -> str:
    import jwt  # noqa: PLC0415 -- opened late

    try:
        return jwt.encode(dict(claims), key, algorithm=algorithm, headers=headers)
    except (NotImplementedError, TypeError, jwt.PyJWTError):
        raise MissingCredential(f"This key cannot sign with {algorithm}.") from None


def _require_library() -> None:
    try:
        import cryptography  # noqa: F401, PLC0415 -- opened late
        import jwt  # noqa: F401, PLC0415 -- likewise
    except ImportError:
        raise OpenAPI2ToolsError(
            "Signing with a key needs PyJWT, which is not installed: " + install_command("jwt")
        ) from None
