"""Measure how often a model does the tasks of the example cases, by the state of their APIs.

    python -m benchmarks.cases [CASE]... [--wordings N]

Each task is asked for in several wordings, in English and in Chinese, of fresh APIs. The model is
the one that `openapi2tools run` would take: the embedded one unless OPENAI_API_KEY is set. What
happens goes to standard error, the table to standard output; Ctrl-C ends it with what there is.
"""

from __future__ import annotations

import argparse
import re
from statistics import mean, median
from typing import TYPE_CHECKING, NamedTuple

from examples.cases import CASES, LANGUAGES, run_task
from openapi2tools.cli.console import say
from openapi2tools.cli.conversation.model_options import ModelOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from examples.case import Case, Task
    from openapi2tools import Model

HEADER = (
    "| case | task | runs | done | in English | in Chinese | answer has it | turns | seconds |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


class Run(NamedTuple):
    """How one run went."""

    language: str
    is_done: bool
    has_answer: bool
    turns: int
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--wordings", type=int, help="of each task, in each language")
    options = parser.parse_args()
    model = ModelOptions().chosen_model()
    print(f"{model.name}\n\n{HEADER}", flush=True)
    for case in (CASES[name] for name in options.cases or CASES):
        for task in case.tasks:
            runs: list[Run] = []
            try:
                for run in runs_of(case, task, model, options.wordings):
                    runs.append(run)  # noqa: PERF402 -- Ctrl-C leaves what there is
            finally:
                if runs:
                    print(row(case, task, runs), flush=True)


def runs_of(case: Case, task: Task, model: Model, wordings: int | None) -> Iterator[Run]:
    """Have a task done in every wording, and yield how each went."""
    for language in LANGUAGES:
        for question in task.wordings[language][:wordings]:
            say(f"\n[{case.name}] {question}")
            is_done, answer = run_task(case, task, question, model)
            has_answer = re.search(task.answer, answer.text) is not None
            say(f"done: {is_done}; the answer has it: {has_answer}")
            yield Run(language, is_done, has_answer, answer.turns, answer.seconds)


def row(case: Case, task: Task, runs: Sequence[Run]) -> str:
    """Return the line of a task."""
    by_language = [[run.is_done for run in runs if run.language == name] for name in LANGUAGES]
    cells = (
        case.name,
        task.name,
        len(runs),
        sum(run.is_done for run in runs),
        *(f"{sum(done)} of {len(done)}" for done in by_language),
        sum(run.has_answer for run in runs),
        f"{mean(run.turns for run in runs):.1f}",
        f"{median(run.seconds for run in runs):.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
