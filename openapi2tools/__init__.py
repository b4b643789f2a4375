"""Point it at an OpenAPI document, and a model can use that API.

`load` a document, `build_tools`, then `export` them for your own loop, `connect` to call them, or
let an `Agent` use them.

Each name is imported on its first use (PEP 562), so that a program loads what it uses and no more.
A new name stands in three lists, which a test holds together: the imports that type checkers and
editors read, `__all__`, and the modules where the names are found.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openapi2tools.agent.caller import Caller, JoinedCaller, LocalCaller
    from openapi2tools.agent.events import (
        Answer,
        Answered,
        AnswerSuspected,
        ApprovalAsked,
        ApprovalGiven,
        ArgumentsDelta,
        CallFinished,
        CallStarted,
        CredentialMissing,
        Event,
        LimitReached,
        ModelNote,
        RequestSent,
        SettlingAsked,
        TextDelta,
        TurnFinished,
        TurnRetried,
        TurnStarted,
        WriteSettled,
    )
    from openapi2tools.agent.functions import FunctionTool
    from openapi2tools.agent.hooks import AfterCall, BeforeCall
    from openapi2tools.agent.local.model import LocalModel
    from openapi2tools.agent.loop import Agent, Offer
    from openapi2tools.agent.model import Ask, Model
    from openapi2tools.agent.openai.model import OpenAIModel
    from openapi2tools.agent.record.call_history import Settlement
    from openapi2tools.agent.record.entries import (
        Approval,
        Asked,
        Entry,
        Notice,
        Question,
        Sent,
        Settled,
        Shortened,
        Turn,
        Usage,
    )
    from openapi2tools.agent.record.journal import Store
    from openapi2tools.agent.record.session import Session
    from openapi2tools.agent.runs.run import Run, RunState
    from openapi2tools.agent.runs.runs import OpenAgent, Runs
    from openapi2tools.agent.settling import Settle
    from openapi2tools.agent.turns.prices import Prices
    from openapi2tools.call.approval.consent import Consent
    from openapi2tools.call.approval.facts import RequestFacts
    from openapi2tools.call.client import Client
    from openapi2tools.call.connect import connect
    from openapi2tools.call.credentials.certificates import Certificate
    from openapi2tools.call.credentials.sources import Credential, Credentials
    from openapi2tools.call.options import Approve, Cert
    from openapi2tools.call.policy import Confirm, Decision, Policy
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.call.sending.batch import OnResult
    from openapi2tools.call.sending.one_call import PerCall
    from openapi2tools.call.serialization.bodies import Codecs
    from openapi2tools.errors import (
        AgentError,
        ApprovalNeeded,
        BlockedAddress,
        BuildError,
        CallError,
        ConfigError,
        ContextTooLong,
        Declined,
        FetchError,
        HTTPStatusError,
        InvalidArguments,
        InvalidOption,
        MissingCredential,
        ModelUnavailable,
        NetworkError,
        NotRecorded,
        NotSent,
        OpenAPI2ToolsError,
        ParseError,
        Refused,
        SpecError,
        TimedOut,
        UnknownTool,
        UnsupportedVersion,
    )
    from openapi2tools.formats.export import export
    from openapi2tools.formats.format import Format, FormatName
    from openapi2tools.linting import lint
    from openapi2tools.model import (
        ABSENT,
        Api,
        Binding,
        Call,
        Constant,
        Effect,
        ErrorKind,
        HttpArguments,
        OnProgress,
        Part,
        Problem,
        Progress,
        Result,
        Tool,
        Toolset,
    )
    from openapi2tools.spec.limits import Limits
    from openapi2tools.spec.load import aload, load
    from openapi2tools.tools.build import build_tools
    from openapi2tools.tools.changes.change import Change, ChangeKind
    from openapi2tools.tools.changes.diff import diff
    from openapi2tools.tools.saved import load_tools, save
    from openapi2tools.tools.search.search import Hit, SearchIndex, search

__all__ = [
    "ABSENT",
    "AfterCall",
    "Agent",
    "AgentError",
    "Answer",
    "AnswerSuspected",
    "Answered",
    "Api",
    "Approval",
    "ApprovalAsked",
    "ApprovalGiven",
    "ApprovalNeeded",
    "Approve",
    "ArgumentsDelta",
    "Ask",
    "Asked",
    "BeforeCall",
    "Binding",
    "BlockedAddress",
    "BuildError",
    "Call",
    "CallError",
    "CallFinished",
    "CallStarted",
    "Caller",
    "Cert",
    "Certificate",
    "Change",
    "ChangeKind",
    "Client",
    "Codecs",
    "ConfigError",
    "Confirm",
    "Consent",
    "Constant",
    "ContextTooLong",
    "Credential",
    "CredentialMissing",
    "Credentials",
    "Decision",
    "Declined",
    "Effect",
    "Entry",
    "ErrorKind",
    "Event",
    "FetchError",
    "Format",
    "FormatName",
    "FunctionTool",
    "HTTPStatusError",
    "Hit",
    "HttpArguments",
    "InvalidArguments",
    "InvalidOption",
    "JoinedCaller",
    "LimitReached",
    "Limits",
    "LocalCaller",
    "LocalModel",
    "MissingCredential",
    "Model",
    "ModelNote",
    "ModelUnavailable",
    "NetworkError",
    "NotRecorded",
    "NotSent",
    "Notice",
    "Offer",
    "OnProgress",
    "OnResult",
    "OpenAIModel",
    "OpenAPI2ToolsError",
    "OpenAgent",
    "ParseError",
    "Part",
    "PerCall",
    "Policy",
    "Prepared",
    "Prices",
    "Problem",
    "Progress",
    "Question",
    "Refused",
    "RequestFacts",
    "RequestSent",
    "Result",
    "Run",
    "RunState",
    "Runs",
    "SearchIndex",
    "Sent",
    "Session",
    "Settle",
    "Settled",
    "Settlement",
    "SettlingAsked",
    "Shortened",
    "SpecError",
    "Store",
    "TextDelta",
    "TimedOut",
    "Tool",
    "Toolset",
    "Turn",
    "TurnFinished",
    "TurnRetried",
    "TurnStarted",
    "UnknownTool",
    "UnsupportedVersion",
    "Usage",
    "WriteSettled",
    "aload",
    "build_tools",
    "connect",
    "diff",
    "export",
    "lint",
    "load",
    "load_tools",
    "save",
    "search",
]

_MODULES: Final = {
    "agent.record.call_history": ["Settlement"],
    "agent.caller": ["Caller", "JoinedCaller", "LocalCaller"],
    "agent.hooks": ["AfterCall", "BeforeCall"],
    "agent.record.entries": [
        "Approval",
        "Asked",
        "Entry",
        "Notice",
        "Question",
        "Sent",
        "Settled",
        "Shortened",
        "Turn",
        "Usage",
    ],
    "agent.turns.prices": ["Prices"],
    "agent.events": [
        "Answer",
        "Answered",
        "AnswerSuspected",
        "ApprovalAsked",
        "ApprovalGiven",
        "ArgumentsDelta",
        "CallFinished",
        "CallStarted",
        "CredentialMissing",
        "Event",
        "LimitReached",
        "ModelNote",
        "RequestSent",
        "SettlingAsked",
        "TextDelta",
        "TurnFinished",
        "TurnRetried",
        "TurnStarted",
        "WriteSettled",
    ],
    "agent.functions": ["FunctionTool"],
    "agent.local.model": ["LocalModel"],
    "agent.loop": ["Agent", "Offer"],
    "agent.runs.run": ["Run", "RunState"],
    "agent.runs.runs": ["OpenAgent", "Runs"],
    "agent.model": ["Ask", "Model"],
    "agent.openai.model": ["OpenAIModel"],
    "agent.record.journal": ["Store"],
    "agent.record.session": ["Session"],
    "agent.settling": ["Settle"],
    "call.approval.consent": ["Consent"],
    "call.approval.facts": ["RequestFacts"],
    "call.client": ["Client"],
    "call.connect": ["connect"],
    "call.credentials.certificates": ["Certificate"],
    "call.credentials.sources": ["Credential", "Credentials"],
    "call.options": ["Approve", "Cert"],
    "call.policy": ["Confirm", "Decision", "Policy"],
    "call.prepared": ["Prepared"],
    "call.sending.batch": ["OnResult"],
    "call.sending.one_call": ["PerCall"],
    "call.serialization.bodies": ["Codecs"],
    "errors": [
        "AgentError",
        "ApprovalNeeded",
        "BlockedAddress",
        "BuildError",
        "CallError",
        "ConfigError",
        "ContextTooLong",
        "Declined",
        "FetchError",
        "HTTPStatusError",
        "InvalidArguments",
        "InvalidOption",
        "MissingCredential",
        "ModelUnavailable",
        "NetworkError",
        "NotRecorded",
        "NotSent",
        "OpenAPI2ToolsError",
        "ParseError",
        "Refused",
        "SpecError",
        "TimedOut",
        "UnknownTool",
        "UnsupportedVersion",
    ],
    "formats.export": ["export"],
    "formats.format": ["Format", "FormatName"],
    "linting": ["lint"],
    "model": [
        "ABSENT",
        "Api",
        "Binding",
        "Call",
        "Constant",
        "Effect",
        "ErrorKind",
        "HttpArguments",
        "OnProgress",
        "Part",
        "Problem",
        "Progress",
        "Result",
        "Tool",
        "Toolset",
    ],
    "spec.limits": ["Limits"],
    "spec.load": ["aload", "load"],
    "tools.build": ["build_tools"],
    "tools.changes.change": ["Change", "ChangeKind"],
    "tools.changes.diff": ["diff"],
    "tools.saved": ["load_tools", "save"],
    "tools.search.search": ["Hit", "SearchIndex", "search"],
}
_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names}
_PUBLIC_MODULES: Final = frozenset(
    {"adapters", "config", "document", "formats", "linting", "testing"}
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_PUBLIC_MODULES})


if not TYPE_CHECKING:  # else a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Import a public name, or a public module, when it is first asked for."""
        if name in _PUBLIC_MODULES:
            return import_module(f"{__name__}.{name}")
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value
