"""The cities of the trip: both APIs know them by either name."""

from __future__ import annotations

from fastapi import HTTPException

CITIES = {"Beijing": "北京", "Shanghai": "上海", "Chengdu": "成都", "Guangzhou": "广州"}


def known_city(name: str) -> str:
    """Return the English name of a city; an error with a hint where it is not known."""
    wanted = name.strip().removesuffix("市").lower()
    for english, chinese in CITIES.items():
        if wanted in {english.lower(), chinese}:
            return english
    raise HTTPException(404, f"There is no city {name}. The cities are {', '.join(CITIES)}.")
