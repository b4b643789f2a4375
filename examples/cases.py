"""Three small APIs and a model that uses them, in English and in Chinese: `make examples`.

A case is done when its API holds what was asked for, whatever the model says of it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from examples.stock.case import CASE as STOCK
from examples.trip.case import CASE as TRIP
from examples.weather.case import CASE as WEATHER
from openapi2tools import Agent, Answered, OpenAPI2ToolsError
from openapi2tools.cli.console import say
from openapi2tools.cli.conversation.display import Display, terminal_console
from openapi2tools.cli.conversation.model_options import ModelOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from examples.case import Case, Task
    from openapi2tools import Answer, Model, Prepared

CASES = {case.name: case for case in (WEATHER, STOCK, TRIP)}
LANGUAGES = ("en", "zh")


class Outcome(NamedTuple):
    """Whether a task was done, by the state of its APIs, and what the model answered."""

    is_done: bool
    answer: Answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Give 0 when every task of every case was done."""
    parser = argparse.ArgumentParser(prog="python -m examples.cases", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--language", choices=LANGUAGES, help="one of the two")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"there is no case {unknown[0]}: the cases are {', '.join(CASES)}.")
    model = ModelOptions().chosen_model()
    undone = [
        f"{case.name} ({language}): {task.name}"
        for case in (CASES[name] for name in options.cases or CASES)
        for task in case.tasks
        for language in ([options.language] if options.language else LANGUAGES)
        if not show_task(case, task, language, model)
    ]
    say("\n" + ("\n".join(f"Not done: {each}" for each in undone) or "Everything was done."))
    return 1 if undone else 0


def show_task(case: Case, task: Task, language: str, model: Model) -> bool:
    """Show a run, and return whether its task was done."""
    question = task.wordings[language][0]
    say(f"\n[{case.name}] {question}")
    outcome = run_task(case, task, question, model)
    verdict = "done" if outcome.is_done else "not what was asked for"
    say(f"The API's state: {verdict} ({task.name}).")
    return outcome.is_done


def run_task(case: Case, task: Task, question: str, model: Model) -> Outcome:
    """Have a model do a task, and show each stage as `openapi2tools run` does."""
    display = Display(terminal_console(stderr=True))

    def approve(prepared: Prepared) -> bool:
        """Stand in for the person who would be asked."""
        with display.paused():
            say(f"\n{prepared.question()}\n[y/N] y   (the example answers for you)")
        return True

    with case.opened(task, approve) as (client, is_done):
        answer = asyncio.run(follow(Agent(client, model), question, display))
        return Outcome(is_done(), answer)


async def follow(agent: Agent, question: str, display: Display) -> Answer:
    """Run an agent and show what happens."""
    with display:
        async with aclosing(agent.stream(question)) as events:
            async for event in events:
                display.show(event)
                if isinstance(event, Answered):
                    answer = event.answer
    if terminal_console(stderr=True) is None:
        say(f"Answer: {answer.text}")
    return answer


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OpenAPI2ToolsError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped; nothing is left running.")
