"""Ask the person at an MCP host: whether a write may go out, and what became of one."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from openapi2tools.agent.record.call_history import Settlement
from openapi2tools.call.approval.consent import Consent
from openapi2tools.call.approval.facts import RequestFacts
from openapi2tools.call.approval.idempotency import idempotency_key_in
from openapi2tools.errors import ApprovalNeeded, Declined

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from mcp.types import (
        CallToolRequestParams,
        ElicitRequestFormParams,
        ElicitResult,
        InputRequiredResult,
    )

    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.record.entries import Sent
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import JsonObject

_Subject: TypeAlias = "RequestFacts | Sent"
"""What a question is about: a request that may go out, or a write that did."""
_QUESTION: Final = "question"
_OUTCOME: Final = "outcome"
# More questions than these at a time are of nobody who answers.
_MAX_OPEN_QUESTIONS: Final = 1_000
_MAX_QUESTIONS_IN_A_ROW: Final = 3


class InputRequired(Exception):
    """The call's result is a question; the call comes again with the answer."""

    def __init__(self, result: InputRequiredResult) -> None:
        super().__init__("A question to the person at the other side.")
        self.result = result


class OpenQuestions:
    """The questions that wait for an answer, by the state that comes back with it.

    An answer takes its question away, so that no yes counts twice.
    """

    def __init__(self) -> None:
        self._subject_by_state: dict[str, _Subject] = {}

    def add(self, subject: _Subject) -> str:
        """Keep what is asked about, and return the state that goes with the question."""
        while len(self._subject_by_state) >= _MAX_OPEN_QUESTIONS:
            del self._subject_by_state[next(iter(self._subject_by_state))]
        state = token_urlsafe(16)
        self._subject_by_state[state] = subject
        return state

    def find(self, state: str | None) -> _Subject | None:
        """Return what was asked about; None for a question that has its answer, or never was."""
        return self._subject_by_state.get(state or "")

    def close(self, state: str | None) -> None:
        """Take a question away."""
        self._subject_by_state.pop(state or "", None)


class Person:
    """The person at the other side, who is asked in the course of one call.

    Since its revision 2026-07-28 the protocol has no requests from the server: a question is a
    result (`InputRequired`), and the call comes again with the answer. Its state, which the SDK
    seals together with the tool's name and arguments, says what was asked about.
    """

    def __init__(
        self,
        questions: OpenQuestions,
        context: ServerRequestContext,
        params: CallToolRequestParams,
    ) -> None:
        self._questions = questions
        self._context = context
        self._params = params

    @property
    def can_be_asked(self) -> bool:
        """Whether the client shows forms.

        One that names no mode does (revision 2025-11-25, Elicitation, Capabilities).
        """
        capabilities = self._context.session.client_capabilities
        modes = capabilities.elicitation if capabilities else None
        return modes is not None and (modes.form is not None or modes.url is None)

    @property
    def idempotency_key(self) -> str:
        """The key in the request that this call brings the answer about; else empty."""
        asked = self._questions.find(self._params.request_state)
        return idempotency_key_in(asked.facts) if isinstance(asked, RequestFacts) else ""

    async def consent(self, prepared: Prepared, client: Caller) -> Consent:
        """Return the person's yes to a call.

        Raises:
            Declined: The person said no.
            ApprovalNeeded: Nobody can be asked.
            InputRequired: The question goes out as the call's result.
        """
        if not self.can_be_asked:
            raise ApprovalNeeded(
                f"{prepared.tool.name} ({prepared.tool.operation.key}) was not sent: it needs "
                "somebody's approval, and this client cannot ask "
                "for it (elicitation). Do not repeat it; say that `openapi2tools serve --yes` lets "
                "writes go out without asking."
            )
        if self._context.session.can_send_request:
            return await self._ask_until_nothing_changes(prepared, client)
        return await self._consent_of_answer(prepared, client)

    async def settle(self, write: Sent, how: str) -> Settlement | Literal["later"]:
        """Return what the person says of a write that nobody knows the outcome of.

        Raises:
            InputRequired: The question goes out as the call's result.
        """
        form = _settling_form(write, how)
        if self._context.session.can_send_request:
            return _settlement(await self._elicit(form))
        answer = self._answer_to(write)
        if answer is None:
            raise self._question(form, write)
        return _settlement(answer)

    async def _ask_until_nothing_changes(self, prepared: Prepared, client: Caller) -> Consent:
        """Ask in the middle of the call, and again when the request has changed meanwhile."""
        for _ in range(_MAX_QUESTIONS_IN_A_ROW):
            asked = await client.adescribe(prepared)
            _require_acceptance(await self._elicit(_approval_form(prepared)))
            now = await client.adescribe(prepared, asked.signature)
            changes = now.changes_since(asked.facts)
            if not changes:
                return Consent.to(asked)
            prepared = replace(prepared, changes=changes)
        raise ApprovalNeeded(
            f"{prepared.tool.name} was not sent: its request changes while somebody is asked "
            f"({prepared.changes[0]})."
        )

    async def _consent_of_answer(self, prepared: Prepared, client: Caller) -> Consent:
        """Take the answer that the call brings to an open question, else ask."""
        now = await client.adescribe(prepared)
        asked = self._questions.find(self._params.request_state)
        answer = self._answer_to(asked) if isinstance(asked, RequestFacts) else None
        if answer is not None and isinstance(asked, RequestFacts):
            _require_acceptance(answer)
            consent = Consent.to(asked)
            changes = consent.objections(now, client.policy)
            if not changes:
                return consent
            prepared = replace(prepared, changes=changes)
        raise self._question(_approval_form(prepared), now)

    async def _elicit(self, form: ElicitRequestFormParams) -> ElicitResult:
        """Ask in the middle of the call."""
        return await self._context.session.elicit_form(
            form.message, form.requested_schema, self._context.request_id
        )

    def _answer_to(self, subject: _Subject) -> ElicitResult | None:
        """Take the answer that the call brings to a question, which is no longer open then."""
        from mcp import types  # noqa: PLC0415 -- an extra

        state = self._params.request_state
        answer = (self._params.input_responses or {}).get(_QUESTION)
        if not isinstance(answer, types.ElicitResult) or self._questions.find(state) != subject:
            return None
        self._questions.close(state)
        return answer

    def _question(self, form: ElicitRequestFormParams, subject: _Subject) -> InputRequired:
        from mcp import types  # noqa: PLC0415 -- an extra

        return InputRequired(
            types.InputRequiredResult(
                input_requests={_QUESTION: types.ElicitRequest(params=form)},
                request_state=self._questions.add(subject),
            )
        )


def _require_acceptance(answer: ElicitResult) -> None:
    if answer.action != "accept":
        raise Declined(
            "The person in charge declined this call. Do not repeat it; go on without it, or say "
            "so."
        )


def _settlement(answer: ElicitResult) -> Settlement | Literal["later"]:
    """Return what an answer says; one that says nothing leaves the write unknown."""
    said = (answer.content or {}).get(_OUTCOME) if answer.action == "accept" else None
    return next((outcome for outcome in get_args(Settlement) if outcome == said), "later")


def _approval_form(prepared: Prepared) -> ElicitRequestFormParams:
    """Return the question: a form without fields, which one accepts or declines."""
    return _form(prepared.question(), {})


def _settling_form(write: Sent, how: str) -> ElicitRequestFormParams:
    outcome = {
        "type": "string",
        "title": "What became of it",
        "description": "send again: it goes out once more, though it may have taken effect",
        "enum": [*get_args(Settlement)],
    }
    message = (
        f"No answer came to {write.method} {write.url}, sent at {write.at}, and the same request "
        f"is to go out again. {how} Did the first one take effect?"
    )
    return _form(message, {_OUTCOME: outcome})


def _form(message: str, fields: JsonObject) -> ElicitRequestFormParams:
    from mcp import types  # noqa: PLC0415 -- an extra

    schema = {"type": "object", "properties": fields, "required": [*fields]}
    return types.ElicitRequestFormParams(message=message, requested_schema=schema)
