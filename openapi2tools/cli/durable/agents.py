"""The agent that acts on a run, made where the worker runs of what was typed for it."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import typer
from anyio import to_thread

from openapi2tools.cli.conversation.model_options import ModelOptions
from openapi2tools.cli.option_groups import options_again
from openapi2tools.cli.several import Sources
from openapi2tools.cli.usage import usage_text
from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openapi2tools.agent.loop import Agent
    from openapi2tools.agent.model import Model
    from openapi2tools.agent.runs.run import Run


@asynccontextmanager
async def open_agent(run: Run) -> AsyncIterator[Agent]:
    """Open the agent of a run: its document, its credentials and its model are read now.

    Raises:
        AgentError: What was typed for the run does not fit here, or there is no model.
        OpenAPI2ToolsError: The document or a credential cannot be read.
    """
    async with AsyncExitStack() as stack:
        try:
            apis, model, model_options = await to_thread.run_sync(_read, run)
            caller = await stack.enter_async_context(apis.connected())
        except typer.TyperException as error:
            raise AgentError(usage_text(error)) from None
        yield model_options.agent(caller, model)


def _read(run: Run) -> tuple[Sources, Model, ModelOptions]:
    """Read the document of a run, and what is saved of it."""
    of_source, model_options = options_again(run.agent, run.options, ModelOptions)
    apis = Sources([run.agent], of_source)
    _ = apis.tools
    return apis, model_options.chosen_model(apis.timeout), model_options
