"""What makes the calls of a run: a client, or what answers calls in this program."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, get_args

from openapi2tools._core import portal
from openapi2tools.call.approval.consent import Consent, agreed_request, require_unchanged
from openapi2tools.call.approval.facts import describe_request
from openapi2tools.call.arguments import checked_arguments
from openapi2tools.call.policy import Confirm, Decision, Policy, decide
from openapi2tools.call.prepared import Prepared, Seal
from openapi2tools.call.request import build_request
from openapi2tools.errors import InvalidOption, Refused
from openapi2tools.model import Call, Result
from openapi2tools.transport import current_departure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from openapi2tools.call.approval.facts import RequestFacts, Signature
    from openapi2tools.call.options import Approve
    from openapi2tools.model import Toolset

T = TypeVar("T")
AnswerCall: TypeAlias = "Callable[[Call], Result | Awaitable[Result]]"
"""Answers a call whose arguments fit the tool; may be asynchronous."""
_LOCAL_URL = "python://local"


class Caller(Protocol):
    """What makes the calls of a run: a `Client`, or one of your own.

    One of your own may hand on what it does not change to a client that it holds. `LocalCaller` is
    one that needs no API.
    """

    @property
    def tools(self) -> Toolset:
        """The tools that it calls."""
        ...

    @property
    def policy(self) -> Policy:
        """Which calls are allowed, asked about or refused."""
        ...

    @property
    def approve(self) -> Approve | None:
        """Who is asked about a call; None where nobody can be."""
        ...

    def prepare(self, call: Call, /) -> Prepared:
        """Check a call and ask the policy; CallError where it cannot be made."""
        ...

    async def adescribe(
        self, prepared: Prepared, signature: Signature | None = None, /
    ) -> RequestFacts:
        """Return what a yes to a call is bound to; what signs it is read unless it is given."""
        ...

    async def asend(self, prepared: Prepared, /, *, approved: bool | Consent = False) -> Result:
        """Make a prepared call."""
        ...

    async def missing_credentials(self) -> Mapping[str, str]:
        """Return what is to be said of tools that lack a credential, by their names."""
        ...

    def wait(self, function: Callable[[], Awaitable[T]], /) -> T:
        """Run an async function that makes calls, from synchronous code."""
        ...


class LocalCaller:
    """Answers calls in this program: checked, allowed and asked about like those of an API.

    Args:
        tools: The tools.
        answer: Answers a call.
        policy: Which calls are allowed, asked about or refused; by default all are allowed.
        approve: Asked about each call whose policy says so.

    Example:
        Agent(LocalCaller(tools, lambda call: Result(call.id, call.tool, "done")), model)
    """

    def __init__(
        self,
        tools: Toolset,
        answer: AnswerCall,
        policy: Policy | None = None,
        approve: Approve | None = None,
    ) -> None:
        self.tools = tools
        self.policy = policy or Policy()
        self.approve = approve
        self._answer = answer

    def prepare(self, call: Call) -> Prepared:
        """Check the arguments and ask the policy; the request that is shown goes nowhere.

        Raises:
            UnknownTool: No tool has that name.
            InvalidArguments: The arguments do not fit.
        """
        tool = self.tools[call.tool]
        checked, notes = checked_arguments(tool, call)
        request = build_request(tool, tool.spread(checked), _LOCAL_URL)
        decision, reason = decide(self.policy, tool)
        prepared = Prepared(call, tool, request, decision, reason, notes)
        return replace(prepared, seal=Seal(prepared, self.policy))

    async def adescribe(
        self, prepared: Prepared, signature: Signature | None = None
    ) -> RequestFacts:
        """Return what a yes to a call is bound to: the tool, the arguments and the policy.

        Raises:
            Refused: The call is not as it was prepared here.
        """
        require_unchanged(prepared, self.policy)
        signature = signature or await prepared.plan.auth(prepared.call)
        return describe_request(prepared, self.policy, signature, None, {})

    async def asend(self, prepared: Prepared, *, approved: bool | Consent = False) -> Result:
        """Answer a prepared call.

        Raises:
            Refused: The policy refuses it, or it is not as it was prepared here.
            ApprovalNeeded: Somebody has to agree to it, and nobody has.
            Declined: Somebody said no.
        """
        require_unchanged(prepared, self.policy)
        call = prepared.call
        if prepared.decision is Decision.REFUSE:
            raise Refused(prepared.reason)
        if self.policy.dry_run:
            text = f"A dry run: this call was not made.\n\n{prepared.http()}"
            return Result(call.id, call.tool, text, notes=prepared.notes, caller=call.caller)
        if prepared.decision is Decision.ASK and approved is not True:
            await agreed_request(
                prepared,
                approved if isinstance(approved, Consent) else None,
                self.policy,
                describe=self.adescribe,
                ask=None if self.approve is None else partial(_ask, self.approve),
            )
        checked, notes = checked_arguments(prepared.tool, call)
        current_departure().leave()
        answer = self._answer(replace(call, arguments=checked))
        result = await answer if inspect.isawaitable(answer) else answer
        return replace(result, notes=notes + result.notes)

    async def missing_credentials(self) -> Mapping[str, str]:
        """Return nothing: no credential is needed here."""
        return {}

    def wait(self, function: Callable[[], Awaitable[T]]) -> T:
        """Run an async function from synchronous code."""
        return portal.run(function)


class JoinedCaller:
    """Several callers as one: each call is made by the one that has its tool, by its own rules.

    Args:
        callers: Clients, or others; no two may have a tool of one name (`Toolset.prefixed`).

    Example:
        with connect(books) as shop, connect(mail) as post:
            Agent(JoinedCaller(shop, post), model).run("Write to everybody whose order is late.")
    """

    def __init__(self, *callers: Caller) -> None:
        if not callers:
            raise InvalidOption("JoinedCaller(): give the callers to join.")
        self._callers = callers
        self.tools = reduce(or_, (caller.tools for caller in callers))
        self._caller_by_tool = {name: caller for caller in callers for name in caller.tools}

    def caller_of(self, tool: str) -> Caller:
        """Return the caller that has a tool, or this one, which knows no such tool."""
        found = self.tools.get(tool)
        return self if found is None else self._caller_by_tool[found.name]

    @property
    def policy(self) -> Policy:
        """The strictest of the policies, for what none of these callers has."""
        policies = [caller.policy for caller in self._callers]
        strictness = get_args(Confirm)
        return Policy(
            confirm=max((policy.confirm for policy in policies), key=strictness.index),
            read_only=any(policy.read_only for policy in policies),
            dry_run=any(policy.dry_run for policy in policies),
        )

    @property
    def approve(self) -> Approve | None:
        """The first approver that there is."""
        return next(filter(None, (caller.approve for caller in self._callers)), None)

    def _owner(self, prepared: Prepared) -> Caller:
        return self._caller_by_tool[prepared.tool.name]

    def prepare(self, call: Call) -> Prepared:
        """Check a call and ask the policy of the caller that has its tool.

        Raises:
            UnknownTool: No tool has that name, or several may be meant.
            CallError: As that caller says.
        """
        return self._caller_by_tool[self.tools[call.tool].name].prepare(call)

    async def adescribe(
        self, prepared: Prepared, signature: Signature | None = None
    ) -> RequestFacts:
        """Return what a yes to a call is bound to."""
        owner = self._owner(prepared)
        if signature is None:
            return await owner.adescribe(prepared)
        return await owner.adescribe(prepared, signature)

    async def asend(self, prepared: Prepared, *, approved: bool | Consent = False) -> Result:
        """Make a prepared call, through the caller that has its tool."""
        return await self._owner(prepared).asend(prepared, approved=approved)

    async def missing_credentials(self) -> Mapping[str, str]:
        """Return what is to be said of tools that lack a credential, by their names."""
        missing: dict[str, str] = {}
        for caller in self._callers:
            missing |= await caller.missing_credentials()
        return missing

    def wait(self, function: Callable[[], Awaitable[T]]) -> T:
        """Run an async function from synchronous code."""
        return self._callers[0].wait(function)


def owner_of(caller: Caller, tool: str) -> Caller:
    """Return what makes the calls of a tool: among several callers the one that has it."""
    return caller.caller_of(tool) if isinstance(caller, JoinedCaller) else caller


async def _ask(approve: Approve, prepared: Prepared) -> object:
    answer = approve(prepared)
    return await answer if inspect.isawaitable(answer) else answer
