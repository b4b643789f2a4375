"""The options of a view on a client: those of the client, but for what one user or role gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx

from openapi2tools import transport
from openapi2tools.call.arguments import with_fixed_arguments
from openapi2tools.call.credentials.certificates import client_certificate
from openapi2tools.call.options import check_credential_names, check_numbers
from openapi2tools.errors import InvalidOption
from openapi2tools.model import Toolset

if TYPE_CHECKING:
    from openapi2tools.call.apis import Apis
    from openapi2tools.call.credentials.sources import Credentials
    from openapi2tools.call.options import Options
    from openapi2tools.call.policy import Policy
    from openapi2tools.model import Json


def view_options(
    options: Options,
    apis: Apis,
    tools: Toolset,
    *,
    credentials: Credentials | None,
    headers: Mapping[str, str] | None,
    timeout: float | None,
    **others: Any,
) -> Options:
    """Return the options of a view; what is None stays as the client has it.

    Raises:
        InvalidOption: An option has a value that it cannot have.
    """
    changes = {name: value for name, value in others.items() if value is not None}
    if credentials is not None:
        _check_credentials(options, apis, tools, credentials)
        changes |= {"credentials": credentials, "is_for_one_user": True}
    if headers is not None:
        own = transport.checked_headers(headers)
        kept = [(name, text) for name, text in options.headers.multi_items() if name not in own]
        changes["headers"] = httpx.Headers([*kept, *own.multi_items()])
    if timeout is not None:
        check_numbers(timeout, options.retries, options.limit_tokens)
        changes["timeout"] = timeout
    return replace(options, **changes)


def view_tools(
    tools: Toolset,
    smaller: Toolset | None,
    arguments: Mapping[str, Json] | None,
    policy: Policy,
) -> Toolset:
    """Return the tools of a view on a client that has these.

    Args:
        tools: The tools of the client.
        smaller: Those of the view, made of the client's; all of them unless given.
        arguments: The values of arguments that no model is asked for.
        policy: Says which tools take values that do not fit.

    Raises:
        InvalidOption: The client has no such tool, or fixes an argument that this one leaves open;
            or no tool has one of the arguments.
    """
    if smaller is not None:
        if not isinstance(smaller, Toolset):
            raise InvalidOption(
                "tools= takes a Toolset made of the client's own: "
                "client.scoped(tools=client.tools.only('get_*'))."
            )
        for name, tool in smaller.items():
            own = tools.get(name)
            if own is None or not own.fixed_arguments.keys() <= tool.fixed_arguments.keys():
                what = "the client does not have" if own is None else "leaves arguments open in"
                raise InvalidOption(
                    f"tools= {what} {name!r}: make it of the client's own tools, as by "
                    "client.tools.only(...)."
                )
        tools = smaller
    return with_fixed_arguments(tools, arguments, policy) if arguments else tools


def _check_credentials(
    options: Options, apis: Apis, tools: Toolset, credentials: Credentials
) -> None:
    """Refuse credentials that are not there: nobody else's are to serve in their place."""
    if isinstance(credentials, Mapping):
        for name, given in credentials.items():
            if given in (None, ""):
                raise InvalidOption(
                    f"credentials={{{name!r}: …}} is empty: give this user's credential, "
                    "or leave the name out."
                )
    check_credential_names(tools, credentials, options.server, options.server_variables)
    apis.check(credentials, options.server)
    certificate = client_certificate(tools.values(), credentials)
    if certificate is not None and certificate != options.cert:
        raise InvalidOption(
            "credentials= has a certificate, which belongs to the connections that all views "
            "share: connect a client with it."
        )
