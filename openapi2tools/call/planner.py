"""Plan how the calls of one client authenticate, by its options and the APIs of its tools."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from openapi2tools.call.auth import AuthPlan, plan
from openapi2tools.call.credentials.signing import CredentialAuth
from openapi2tools.call.options import header_names
from openapi2tools.errors import CallError, MissingCredential
from openapi2tools.model import ABSENT, Toolset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from httpx._client import UseClientDefault

    from openapi2tools.call.endpoints import Endpoint, Endpoints
    from openapi2tools.call.options import Options
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Tool


class AuthPlanner:
    """Plans how the calls of a client authenticate."""

    def __init__(self, options: Options, endpoints: Endpoints) -> None:
        self._options = options
        self._endpoints = endpoints
        self._headers = header_names(options)

    def plan(self, tool: Tool, endpoint: Endpoint) -> AuthPlan:
        """Plan how a call of a tool authenticates there."""
        options = self._options
        return plan(
            tool,
            options.credentials,
            server=endpoint.named_url,
            server_variables=options.server_variables,
            # What the user's own client shows is its matter.
            certificate=options.cert is not None or options.http is not None,
            headers=self._headers,
            scope=replace(
                endpoint.scope, is_for_one_user=options.is_for_one_user, account=options.account
            ),
            trust=endpoint.trust,
        )

    def without_filled_arguments(self, tools: Toolset) -> Toolset:
        """Return the tools without the arguments that headers or credentials fill."""
        if not (self._options.credentials or self._headers):
            return tools
        return Toolset(
            (tool.changed_later(self._without_filled_arguments) for tool in tools.values()),
            lambda: tools.problems,
        )

    def _without_filled_arguments(self, tool: Tool) -> Tool:
        plan = self._plan_of(tool)
        places: list[tuple[str, str]] = [("header", name) for name in self._headers]
        if plan.is_anything_given:
            places += [(location, name) for location, name, _ in plan.placeholders]
        # Cookies of several sources join.
        arguments = [tool.argument_at(*place) for place in places if place[1].lower() != "cookie"]
        return tool.fix_arguments({name: ABSENT for name in arguments if name is not None})

    async def missing_credentials(self, tools: Iterable[Tool]) -> dict[str, str]:
        """Return what is to be said of tools that need a credential nobody gave, by their names."""
        texts: dict[tuple[int, str], str] = {}
        missing = {}
        for tool in tools:
            needs = (id(tool.api), repr(tool.operation.security))
            if needs not in texts:
                texts[needs] = await self._why_missing(self._plan_of(tool))
            if texts[needs]:
                missing[tool.name] = texts[needs]
        return missing

    async def _why_missing(self, plan: AuthPlan) -> str:
        return "" if self._may_use_clients_own(plan) else await plan.missing_credential()

    def _may_use_clients_own(self, plan: AuthPlan) -> bool:
        """Return whether the `auth` of the user's own client may serve.

        It may where nothing was given for the schemes of the operation: whoever gave something,
        gave it for somebody.
        """
        http = self._options.http
        return http is not None and http.auth is not None and not plan.is_anything_given

    def _plan_of(self, tool: Tool) -> AuthPlan:
        """Plan for a tool at its server; where there is no such, its calls say so."""
        try:
            return self.plan(tool, self._endpoints.of(tool))
        except (CallError, MissingCredential):
            return AuthPlan()

    async def signature(self, prepared: Prepared) -> httpx.Auth | UseClientDefault:
        """Read the credential of a call, or leave it to the user's own client."""
        may_use_own = self._may_use_clients_own(prepared.plan)
        try:
            signature = await prepared.plan.auth(prepared.call)
        except MissingCredential:
            if may_use_own:
                return httpx.USE_CLIENT_DEFAULT
            raise
        writes_nothing = type(signature) is httpx.Auth
        if isinstance(signature, CredentialAuth):
            writes_nothing = signature.writes_nothing
        return httpx.USE_CLIENT_DEFAULT if may_use_own and writes_nothing else signature


def describe_signature(signature: httpx.Auth | UseClientDefault) -> str:
    """Return what a signature sends, in words; empty when it sends nothing."""
    if isinstance(signature, CredentialAuth):
        return signature.description
    return "" if isinstance(signature, httpx.Auth) else "the auth of the HTTP client (http=)"
