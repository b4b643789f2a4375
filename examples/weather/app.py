"""The weather service: one operation, in a document that is written in Chinese.

A city is asked for by its Chinese name; whoever gives another is told which one it is.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, NamedTuple

from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel, Field

DAYS = 7


class Forecast(NamedTuple):
    """Someone was told the weather of a city on a day, and asked for it on another or the same."""

    city: str
    day: date
    asked: date


class Weather(BaseModel):
    """The weather of one day."""

    city: str
    date: date
    sky: str = Field(description="天空状况")
    high: int = Field(description="最高气温，摄氏度")
    low: int = Field(description="最低气温，摄氏度")


# The sky and the highest temperature, and the name in Latin letters.
CITIES = {
    "北京": ("晴", 4, "Beijing"),
    "上海": ("多云", 12, "Shanghai"),
    "成都": ("小雨", 9, "Chengdu"),
    "广州": ("晴", 21, "Guangzhou"),
    "杭州": ("阴", 11, "Hangzhou"),
}


def create_app() -> FastAPI:
    """Return the service; `app.state.told` has the forecasts that it gave."""
    app = FastAPI(title="天气", summary="中国城市的天气预报", version="1")
    told: list[Forecast] = []
    app.state.told = told

    @app.get("/weather", operation_id="get_weather", summary="查询一个城市某一天的天气")
    def get_weather(
        city: Annotated[str, Query(description="城市的中文名称")],
        day: Annotated[date | None, Query(alias="date", description="日期；不填就是今天")] = None,
    ) -> Weather:
        known = _known_city(city)
        wanted = day or today()
        if not today() <= wanted < today() + timedelta(days=DAYS):
            last = today() + timedelta(days=DAYS - 1)
            raise HTTPException(422, f"只有 {today()} 到 {last} 的预报。")
        sky, high, _ = CITIES[known]
        told.append(Forecast(known, wanted, today()))
        return Weather(city=known, date=wanted, sky=sky, high=high, low=high - 7)

    return app


def today() -> date:
    """Return the date where this program runs."""
    return datetime.now().astimezone().date()


def _known_city(name: str) -> str:
    """Return a city's name as it is known here; an error with a hint where it is not."""
    city = name.strip().removesuffix("市")
    if city in CITIES:
        return city
    for chinese, (_, _, latin) in CITIES.items():
        if latin.lower() == city.lower():
            raise HTTPException(404, f"没有城市 {name}，请用中文名称：{chinese}。")
    raise HTTPException(404, f"没有城市 {name}，请从这些中文名称中选择：{'、'.join(CITIES)}。")
