"""What to do about each error: the second half of the reference's page."""

from __future__ import annotations

from typing import Final

REMEDIES: Final = {
    "OpenAPI2ToolsError": "Catch it at the edge of your program, and show its text: it says what, where and what to do.",
    "SpecError": "Read the address, line and pointer in the message; `openapi2tools lint SOURCE` shows the rest.",
    "FetchError": "Open the address in a browser. Give headers with `--spec-header` (`load(headers=)`), a larger "
    "bound with `--limit`, or a certificate authority with `--ca`.",
    "ParseError": "Mend the text at the line that is named: it is neither JSON nor YAML there.",
    "UnsupportedVersion": "Convert the document to OpenAPI 3; the message says what it is instead.",
    "BuildError": "Choose a legal prefix, another format, or a larger budget; the message names the option.",
    "InvalidOption": "Correct the option that is named; its possible values stand in the message.",
    "ConfigError": "`openapi2tools edit` opens the file, and checks it afterwards.",
    "CallError": "Catch it where you call; in a run the model reads it as a result.",
    "UnknownTool": "`openapi2tools inspect SOURCE` lists the names; the message has the nearest one.",
    "InvalidArguments": "`openapi2tools inspect SOURCE TOOL` describes the arguments. `client.call_model` gives a "
    "result in place of this error.",
    "Refused": "Change the policy: `Policy(read_only=False)`, or leave `--read-only` out.",
    "ApprovalNeeded": "Give `approve=` to `connect`, show `error.prepared` to somebody, or answer `--yes`.",
    "Declined": "Nothing was sent. Ask what should be different.",
    "MissingCredential": "Give the credential that is named: `--auth SCHEME=env:NAME`, `OPENAPI2TOOLS_<SCHEME>`, or "
    "`openapi2tools auth login SOURCE`.",
    "NetworkError": "Look whether the server runs and its address is right (`--server`). Whether the request may have "
    "arrived stands in the message.",
    "BlockedAddress": "Name the address yourself (`--server`) if you mean it: documents and answers may not name "
    "addresses of your own network.",
    "NotSent": "Try again: nothing left this machine.",
    "NotRecorded": "Record the call anew (`--record FILE`), or correct the arguments that the message shows.",
    "TimedOut": "Give more time (`--timeout`), and look whether a write arrived before you repeat it.",
    "HTTPStatusError": "`error.result` has the answer of the API and advice for its status.",
    "AgentError": "Read what the model's server said; `openapi2tools doctor` looks at what is there.",
    "ModelUnavailable": "Try again later, or name another model with `--model` or `--base-url`.",
    "ContextTooLong": "Give a model with a longer context, fewer tools (`--tag`), or shorter results (`--max-result`).",
}
