"""Plan a trip: the weather, flights and a hotel, in the model's own order; a booking that asks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from examples.case import Case, Task
from examples.trip import flights, hotels
from examples.weather import app as weather

if TYPE_CHECKING:
    from fastapi import FastAPI

DAY = weather.today() + timedelta(days=3)
WORDINGS = {
    "en": (
        (
            f"Look up the weather in Chengdu on {DAY}, find the cheapest flight from Shanghai to "
            "Chengdu on that day, and book the cheapest hotel in Chengdu for two nights."
        ),
        (
            f"Plan my trip from Shanghai to Chengdu on {DAY}: tell me the weather in Chengdu and "
            "the cheapest flight, and book me the cheapest hotel there for 2 nights."
        ),
        (
            f"On {DAY} I fly from Shanghai to Chengdu and stay two nights. Check the weather in "
            "Chengdu, find the cheapest flight, and book the cheapest hotel."
        ),
        (
            f"I travel from Shanghai to Chengdu on {DAY}. How will the weather be there, and which "
            "flight is the cheapest? Book the cheapest hotel in Chengdu for two nights."
        ),
        (
            f"I need a hotel in Chengdu from {DAY} for two nights, the cheapest: please book it. "
            "Which flight from Shanghai is cheapest that day, and what will the weather be?"
        ),
    ),
    "zh": (
        f"查一下 {DAY} 成都的天气，找当天从上海到成都最便宜的航班，并订成都最便宜的酒店，住两晚。",
        f"帮我安排 {DAY} 从上海到成都的行程：查成都天气、最便宜的航班，并订最便宜的酒店，住 2 晚。",
        f"{DAY} 我从上海飞成都，住两晚。查一下成都的天气，找最便宜的航班，再订最便宜的酒店。",
        f"我 {DAY} 从上海去成都。那天成都天气怎么样？哪个航班最便宜？请订最便宜的酒店，住两晚。",
        f"我从 {DAY} 起在成都住两晚，请订最便宜的酒店。那天从上海去的航班哪个最便宜？天气如何？",
    ),
}


def is_planned(forecasts: FastAPI, flown: FastAPI, booked: FastAPI) -> bool:
    """Return whether weather and flights were looked up and the hotel, and no other, is booked."""
    wanted = hotels.NewBooking(hotel_id=42, check_in=DAY, nights=2)
    return (
        ("成都", DAY) in {(told.city, told.day) for told in forecasts.state.told}
        and flights.Search("Shanghai", "Chengdu", DAY) in flown.state.searches
        and [each.model_dump(include={*wanted.model_dump()}) for each in booked.state.bookings]
        == [wanted.model_dump()]
    )


CASE = Case(
    "trip",
    (weather.create_app, flights.create_app, hotels.create_app),
    (Task("a trip to Chengdu", WORDINGS, is_planned, answer=r"CA1948|720"),),
)
