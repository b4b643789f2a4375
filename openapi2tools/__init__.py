"""Point it at an OpenAPI document, and a model can use that API.

`load` a document, `build_tools`, then `export` them for your own loop, `connect` to call them, or
let an `Agent` use them.
"""

from openapi2tools.agent.caller import Caller, LocalCaller
from openapi2tools.agent.calls import AfterCall, BeforeCall
from openapi2tools.agent.entries import (
    Approval,
    Asked,
    Entry,
    Question,
    Sent,
    Turn,
    Usage,
)
from openapi2tools.agent.events import (
    Answer,
    Answered,
    ApprovalAsked,
    ApprovalGiven,
    CallFinished,
    CallStarted,
    CredentialMissing,
    Event,
    ModelNote,
    RequestSent,
    TextDelta,
    TurnFinished,
    TurnStarted,
)
from openapi2tools.agent.functions import FunctionTool
from openapi2tools.agent.local.model import LocalModel
from openapi2tools.agent.loop import Agent, Ask, Model, Offer
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.session import Session
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
    Declined,
    FetchError,
    HTTPStatusError,
    InvalidArguments,
    InvalidOption,
    MissingCredential,
    NetworkError,
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
from openapi2tools.tools.saved import load_tools, save
from openapi2tools.tools.search.search import Hit, SearchIndex, search

__all__ = [
    "ABSENT",
    "AfterCall",
    "Agent",
    "AgentError",
    "Answer",
    "Answered",
    "Api",
    "Approval",
    "ApprovalAsked",
    "ApprovalGiven",
    "ApprovalNeeded",
    "Approve",
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
    "Client",
    "Codecs",
    "Confirm",
    "Consent",
    "Constant",
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
    "Limits",
    "LocalCaller",
    "LocalModel",
    "MissingCredential",
    "Model",
    "ModelNote",
    "NetworkError",
    "NotSent",
    "Offer",
    "OnProgress",
    "OnResult",
    "OpenAIModel",
    "OpenAPI2ToolsError",
    "ParseError",
    "Part",
    "PerCall",
    "Policy",
    "Prepared",
    "Problem",
    "Progress",
    "Question",
    "Refused",
    "RequestFacts",
    "RequestSent",
    "Result",
    "SearchIndex",
    "Sent",
    "Session",
    "SpecError",
    "TextDelta",
    "TimedOut",
    "Tool",
    "Toolset",
    "Turn",
    "TurnFinished",
    "TurnStarted",
    "UnknownTool",
    "UnsupportedVersion",
    "Usage",
    "aload",
    "build_tools",
    "connect",
    "export",
    "lint",
    "load",
    "load_tools",
    "save",
    "search",
]
