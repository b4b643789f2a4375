"""The prices of a stock exchange, and all that can go wrong when one asks for them.

- A code has six digits: another is refused before it is sent.
- Without a date it is the last trading day.
- A code that nobody has is answered with the one that was probably meant.
- A price takes a moment; an annual report takes longer than anybody waits.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, NamedTuple

from fastapi import FastAPI, HTTPException, Path, Query, Request
from pydantic import BaseModel, Field

TRADING_DAYS = 10
SATURDAY = 5

STOCKS = {
    "600519": ("Kweichow Moutai", "贵州茅台", 1432.5),
    "000858": ("Wuliangye", "五粮液", 128.4),
    "300750": ("CATL", "宁德时代", 263.9),
    "601318": ("Ping An", "中国平安", 54.2),
}

Code = Annotated[str, Path(pattern=r"^\d{6}$", description="Six digits, without the exchange")]


class Told(NamedTuple):
    """Someone was told the price of a stock on a day, and which was the last one then."""

    code: str
    day: date
    last_day: date


class Stock(BaseModel):
    """A stock."""

    code: str
    name: str
    chinese_name: str


class Quote(BaseModel):
    """What a stock cost at the end of a day."""

    code: str
    name: str
    date: date
    close: float = Field(description="Closing price in yuan")


class Report(BaseModel):
    """A report on a year."""

    code: str
    text: str


def create_app(*, pause: float = 1.0) -> FastAPI:
    """Return the exchange; `app.state` has the prices that it told and the reports asked for.

    Args:
        pause: How many seconds a price takes.
    """
    app = FastAPI(title="Stock prices", summary="Closing prices of Chinese stocks", version="1")
    told: list[Told] = []
    awaited_reports: list[str] = []
    app.state.told = told
    app.state.awaited_reports = awaited_reports

    @app.get("/stocks", operation_id="search_stocks", summary="Find a stock by its name or code")
    def search_stocks(
        name: Annotated[str, Query(description="The name in English or Chinese, or the code")],
    ) -> list[Stock]:
        wanted = name.strip().lower().partition(".")[0]
        return [
            Stock(code=code, name=english, chinese_name=chinese)
            for code, (english, chinese, _) in STOCKS.items()
            if wanted in f"{code} {english} {chinese}".lower()
        ]

    @app.get(
        "/stocks/{code}/quote", operation_id="get_quote", summary="Get the closing price of a stock"
    )
    async def get_quote(
        code: Code,
        day: Annotated[
            date | None,
            Query(alias="date", description="A past day; leave it out for the latest price"),
        ] = None,
    ) -> Quote:
        english, _, close = _stock(code)
        wanted = day or last_trading_day()
        if wanted not in trading_days():
            raise HTTPException(
                422,
                f"There is no price of {wanted}. The last trading day is {last_trading_day()}: "
                "leave the date out to get its price.",
            )
        await asyncio.sleep(pause)
        told.append(Told(code, wanted, last_trading_day()))
        return Quote(code=code, name=english, date=wanted, close=close)

    @app.get(
        "/stocks/{code}/report",
        operation_id="get_annual_report",
        summary="Get the annual report of a company",
    )
    async def get_annual_report(code: Code, request: Request) -> Report:
        _stock(code)
        awaited_reports.append(code)
        # It is not ready before whoever waits for it has gone.
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Report(code=code, text="")

    return app


def trading_days() -> list[date]:
    """Return the last trading days, the newest first: weekdays before today."""
    today = datetime.now().astimezone().date()
    days = (today - timedelta(days=n) for n in range(1, 2 * TRADING_DAYS))
    return [day for day in days if day.weekday() < SATURDAY][:TRADING_DAYS]


def last_trading_day() -> date:
    """Return the newest of the trading days."""
    return trading_days()[0]


def _stock(code: str) -> tuple[str, str, float]:
    """Return a stock; an error with a hint where nobody has this code."""
    if code in STOCKS:
        return STOCKS[code]
    close = get_close_matches(code, STOCKS, n=1, cutoff=0.7)
    hint = "Look it up with search_stocks."
    if close:
        english, chinese, _ = STOCKS[close[0]]
        hint = f"Did you mean {close[0]}, {english} ({chinese})?"
    raise HTTPException(404, f"No stock has the code {code}. {hint}")
