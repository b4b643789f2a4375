"""Point it at an OpenAPI document, and a model can use that API.

`load` a document, `build_tools`, then `export` them for your own loop, `connect` to call them, or
let an `Agent` use them.
"""

from openapi2tools.agent.events import Answer
from openapi2tools.agent.local.model import LocalModel
from openapi2tools.agent.loop import Agent, Model
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.session import Session
from openapi2tools.call.client import Client
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Decision, Policy
from openapi2tools.call.prepared import Prepared
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
from openapi2tools.linting import lint
from openapi2tools.model import (
    ABSENT,
    Api,
    Binding,
    Call,
    Constant,
    Effect,
    HttpArguments,
    MediaType,
    Operation,
    Parameter,
    Part,
    Problem,
    Progress,
    RequestBody,
    Response,
    Result,
    SecurityScheme,
    Server,
    Tool,
    Toolset,
)
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.load import aload, load
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.search.search import Hit, SearchIndex, search

__all__ = [
    "ABSENT",
    "Agent",
    "AgentError",
    "Answer",
    "Api",
    "ApprovalNeeded",
    "Binding",
    "BlockedAddress",
    "BuildError",
    "Call",
    "CallError",
    "Client",
    "Constant",
    "Decision",
    "Declined",
    "Effect",
    "FetchError",
    "HTTPStatusError",
    "Hit",
    "HttpArguments",
    "InvalidArguments",
    "InvalidOption",
    "Limits",
    "LocalModel",
    "MediaType",
    "MissingCredential",
    "Model",
    "NetworkError",
    "NotSent",
    "OpenAIModel",
    "OpenAPI2ToolsError",
    "Operation",
    "Parameter",
    "ParseError",
    "Part",
    "Policy",
    "Prepared",
    "Problem",
    "Progress",
    "Refused",
    "RequestBody",
    "Response",
    "Result",
    "SearchIndex",
    "SecurityScheme",
    "Server",
    "Session",
    "SpecError",
    "TimedOut",
    "Tool",
    "Toolset",
    "UnknownTool",
    "UnsupportedVersion",
    "aload",
    "build_tools",
    "connect",
    "export",
    "lint",
    "load",
    "search",
]
