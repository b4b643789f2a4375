"""An API that finds hotels and books them."""

# ruff: noqa: TC003 -- FastAPI reads annotations at run time

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel, Field

from examples.trip.cities import known_city


class Hotel(BaseModel):
    """A hotel."""

    id: int
    name: str
    city: str
    price: int = Field(description="A night, in yuan")


class NewBooking(BaseModel):
    """What is to be booked."""

    hotel_id: int = Field(description="The id of a hotel, from search_hotels")
    check_in: date = Field(description="Day of arrival")
    nights: int = Field(ge=1, le=30, description="Number of nights")


class Booking(NewBooking):
    """What is booked."""

    id: int
    total: int = Field(description="What it costs, in yuan")


HOTELS = (
    Hotel(id=41, name="Jinjiang Garden", city="Chengdu", price=520),
    Hotel(id=42, name="Panda Inn", city="Chengdu", price=260),
    Hotel(id=43, name="Wuhou House", city="Chengdu", price=390),
    Hotel(id=51, name="Bund View", city="Shanghai", price=880),
    Hotel(id=61, name="Lama Temple Lodge", city="Beijing", price=450),
)


def create_app() -> FastAPI:
    """Return the API; `app.state.bookings` has what is booked."""
    app = FastAPI(title="Hotels", summary="Hotels in Chinese cities", version="1")
    bookings: list[Booking] = []
    app.state.bookings = bookings

    @app.get("/hotels", operation_id="search_hotels", summary="Find the hotels of a city")
    def search_hotels(
        city: Annotated[str, Query(description="The city")],
    ) -> list[Hotel]:
        wanted = known_city(city)
        found = [hotel for hotel in HOTELS if hotel.city == wanted]
        return sorted(found, key=lambda hotel: hotel.price)

    @app.post("/bookings", operation_id="book_hotel", summary="Book a hotel", status_code=201)
    def book_hotel(new: NewBooking) -> Booking:
        hotel = next((hotel for hotel in HOTELS if hotel.id == new.hotel_id), None)
        if hotel is None:
            raise HTTPException(404, f"There is no hotel {new.hotel_id}.")
        made = Booking(**new.model_dump(), id=901 + len(bookings), total=hotel.price * new.nights)
        bookings.append(made)
        return made

    return app
