"""Ask for the weather: one tool, and a city with a Chinese name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from examples.case import Case, Task
from examples.weather.app import create_app

if TYPE_CHECKING:
    from fastapi import FastAPI

WORDINGS = {
    "en": (
        "What is the weather like in Beijing today?",
        "How warm does it get in Beijing today?",
        "Is it sunny in Beijing?",
        "I am in Beijing. Do I need a coat today?",
        "Tell me today's weather for the city of Beijing.",
    ),
    "zh": (
        "北京今天天气怎么样？",
        "今天北京最高多少度？",
        "帮我查一下北京的天气。",
        "北京今天是晴天吗？",
        "我在北京，今天出门要穿外套吗？",
    ),
}


def is_told(weather: FastAPI) -> bool:
    """Return whether Beijing's weather of today was told."""
    return any(told.city == "北京" and told.day == told.asked for told in weather.state.told)


CASE = Case(
    "weather",
    (create_app,),
    (
        Task(
            "the weather in Beijing",
            WORDINGS,
            is_told,
            answer=r"\b4\b|4\s*(°|度|摄)|sunny|clear|晴",
        ),
    ),
)
