"""What the shop's API takes and gives, as pydantic reads it and the document describes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

Genre = Literal[
    "fiction", "science-fiction", "fantasy", "mystery", "history", "science", "poetry", "children"
]
Isbn = Annotated[
    str,
    Field(
        pattern=r"^97[89]\d{10}$", description="ISBN-13, digits only", examples=["9780441478125"]
    ),
]
Price = Annotated[float, Field(ge=0, description="Price in euros")]
Discount = Annotated[
    int | None, Field(ge=1, le=90, description="Discount in per cent; null for none")
]
Stock = Annotated[int, Field(ge=0, description="Copies in stock")]
Year = Annotated[int, Field(ge=1000, le=2100, description="Year of first publication")]
Languages = Annotated[
    list[str], Field(description="Two-letter language codes", examples=[["en", "de"]])
]


class Book(BaseModel):
    id: int
    title: str
    author: str
    genre: Genre
    year: Year
    isbn: Isbn
    price: Price
    discount_percent: Discount
    stock: Stock
    languages: Languages


class NewBook(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    author: str = Field(min_length=1, max_length=100)
    genre: Genre
    year: Year
    isbn: Isbn
    price: Price
    discount_percent: Discount = None
    stock: Stock = 0
    languages: Languages = ["en"]


class BookChanges(TypedDict, total=False):
    """Only what is to change; what is left out stays."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    author: Annotated[str, Field(min_length=1, max_length=100)]
    genre: Genre
    year: Year
    price: Price
    discount_percent: Discount
    stock: Stock
    languages: Languages


class Books(BaseModel):
    items: list[Book]
    total: int = Field(description="How many books fit the search, on all pages")


class Cover(BaseModel):
    book_id: int
    file_name: str
    media_type: str
    bytes: int
    caption: str | None


class Customer(BaseModel):
    id: int
    name: str
    email: str
    city: str | None


class NewCustomer(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    email: str = Field(
        pattern=r"^[^@\s]+@[^@\s]+$", description="E-mail address; no two customers share one"
    )
    city: str | None = None


class Customers(BaseModel):
    items: list[Customer]
    total: int


Status = Literal["placed", "shipped", "cancelled"]


class Order(BaseModel):
    id: int
    book_id: int
    customer_id: int
    quantity: int
    unit_price: float = Field(description="Price of one copy in euros, discount taken off")
    status: Status
    created_at: str = Field(json_schema_extra={"format": "date-time"})


class NewOrder(BaseModel):
    book_id: int = Field(description="The id of a book, from search_books")
    customer_id: int = Field(description="The id of a customer, from search_customers")
    quantity: int = Field(ge=1, le=100, description="Number of copies")


class Orders(BaseModel):
    items: list[Order]
    total: int


class Fault(BaseModel):
    detail: str
