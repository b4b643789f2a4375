"""The tools of a client in other people's agents, one function for each framework.

Checks, policy and credentials stay with the client. Whatever a model says, it reads what came of
it: an unknown tool, arguments that do not fit and a missing credential raise nothing in a loop. A
call that needs somebody's yes is asked about by the client's own `approve`; where it has none, by
the framework, in the way that this one has for it.
"""

from openapi2tools.adapters.langchain import langchain_tools
from openapi2tools.adapters.openai import arun_calls, run_calls
from openapi2tools.adapters.openai_agents import openai_agents_tools
from openapi2tools.adapters.pydantic_ai import pydantic_ai_toolset

__all__ = [
    "arun_calls",
    "langchain_tools",
    "openai_agents_tools",
    "pydantic_ai_toolset",
    "run_calls",
]
