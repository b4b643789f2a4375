"""Log a person in who types a code in on another device (RFC 8628)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.call.oauth import flows
from openapi2tools.call.oauth.conversation import converse
from openapi2tools.call.oauth.tokens import Token
from openapi2tools.errors import BlockedAddress, NetworkError, TimedOut

if TYPE_CHECKING:
    import httpx

    from openapi2tools.call.oauth.config import OAuthCredential
    from openapi2tools.call.oauth.discovery import Endpoints
    from openapi2tools.call.oauth.login.prompt import LoginPrompt


async def log_in_on_device(
    endpoints: Endpoints,
    credential: OAuthCredential,
    prompt: LoginPrompt,
    client: httpx.AsyncClient,
    announcement: str,
) -> Token:
    """Go through the device authorization flow (RFC 8628)."""
    code = await converse(client, flows.request_device_code(endpoints, credential))
    shortcut = f" (or open {code.complete_uri})" if code.complete_uri else ""
    prompt.show(
        f"{announcement} "
        f"Open {code.uri} on any device, and enter the code {code.user_code}{shortcut}."
    )
    seconds = code.interval
    while True:
        await prompt.sleep(seconds)
        try:
            answer = await converse(client, flows.poll_device(endpoints, credential, code))
        except BlockedAddress:
            raise
        except (NetworkError, TimedOut):  # the person may be agreeing at this very moment
            answer = flows.SLOW_DOWN_SECONDS
        if isinstance(answer, Token):
            return answer
        seconds += answer
