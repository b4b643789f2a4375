"""An API that finds flights."""

# ruff: noqa: TC003 -- FastAPI reads annotations at run time

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from examples.trip.cities import known_city


class Search(NamedTuple):
    """Someone looked for flights."""

    origin: str
    destination: str
    day: date


class Flight(BaseModel):
    """A flight."""

    flight: str
    departs: str
    arrives: str
    price: int = Field(description="In yuan")


FLIGHTS = (
    Flight(flight="MU5401", departs="08:15", arrives="11:40", price=980),
    Flight(flight="CA1948", departs="13:05", arrives="16:35", price=720),
    Flight(flight="3U8962", departs="19:50", arrives="23:20", price=860),
)


def create_app() -> FastAPI:
    """Return the API; `app.state.searches` has what was looked for."""
    app = FastAPI(title="Flights", summary="Flights between Chinese cities", version="1")
    searches: list[Search] = []
    app.state.searches = searches

    @app.get("/flights", operation_id="search_flights", summary="Find the flights of a day")
    def search_flights(
        origin: Annotated[str, Query(description="City of departure")],
        destination: Annotated[str, Query(description="City of arrival")],
        day: Annotated[date, Query(alias="date", description="Day of departure")],
    ) -> list[Flight]:
        searches.append(Search(known_city(origin), known_city(destination), day))
        return [*FLIGHTS]

    return app
