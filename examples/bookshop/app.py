"""The shop's API: FastAPI writes its OpenAPI 3.1 document to `/openapi.json`.

Reading the catalogue is free, all else takes the token.
"""

# ruff: noqa: TC001, TC003, PLR0917 -- FastAPI reads annotations at run time, and a query parameter
# is an argument

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from secrets import compare_digest
from typing import Annotated, Any, Literal

from fastapi import (
    APIRouter,
    Depends,
    FastAPI,
    File,
    Form,
    HTTPException,
    Query,
    Request,
    Response,
    UploadFile,
)
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from examples.bookshop import shapes
from examples.bookshop.shapes import BookChanges, Genre, NewBook, NewCustomer, NewOrder, Status
from examples.bookshop.store import Condition, Conflict, Row, Store

bearer = HTTPBearer(scheme_name="bearerAuth", description="The shop's token", auto_error=False)


def check_token(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    token = request.app.state.token
    if given is None or not compare_digest(given.credentials.encode(), token.encode()):
        raise HTTPException(
            401, "This needs the shop's bearer token.", {"WWW-Authenticate": "Bearer"}
        )


def open_store(request: Request) -> Iterator[Store]:
    with Store(request.app.state.database) as store:
        yield store


def fault(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the error answers of an operation."""
    texts = {401: "No token, or a wrong one", 404: "No such thing", 409: "Against the shop's rules"}
    return {status: {"model": shapes.Fault, "description": texts[status]} for status in statuses}


Db = Annotated[Store, Depends(open_store, scope="function")]  # committed before the answer goes out
Limit = Annotated[int, Query(ge=1, le=100, description="Items on a page")]
Offset = Annotated[int, Query(ge=0, description="Items to skip")]
SIGNED_IN: dict[str, Any] = {"dependencies": [Depends(check_token)]}

books = APIRouter(prefix="/books", tags=["books"])
customers = APIRouter(prefix="/customers", tags=["customers"], **SIGNED_IN)
orders = APIRouter(prefix="/orders", tags=["orders"], **SIGNED_IN)


# --- books ---


@books.get("", summary="Search the catalogue")
def search_books(
    request: Request,
    response: Response,
    db: Db,
    q: Annotated[str | None, Query(description="Words of the title or the author's name")] = None,
    genre: Annotated[list[Genre] | None, Query(description="Any of these genres")] = None,
    language: Annotated[
        list[str] | None, Query(description="Any of these two-letter language codes")
    ] = None,
    min_price: Annotated[float | None, Query(ge=0, description="Lowest price in euros")] = None,
    max_price: Annotated[float | None, Query(ge=0, description="Highest price in euros")] = None,
    min_year: Annotated[int | None, Query(description="First year of publication")] = None,
    max_year: Annotated[int | None, Query(description="Last year of publication")] = None,
    in_stock: Annotated[
        bool | None, Query(description="true: only books that can be ordered now")
    ] = None,
    sort: Annotated[
        Literal["title", "author", "year", "price"], Query(description="Order of the results")
    ] = "title",
    limit: Limit = 10,
    offset: Offset = 0,
) -> shapes.Books:
    """Find books and their ids, prices and stock; without filters it lists every book."""
    conditions = [
        *(("title || ' ' || author LIKE ?", f"%{word}%") for word in (q or "").split()),
        *any_of("genre = ?", genre),
        *any_of("',' || languages || ',' LIKE '%,' || ? || ',%'", language),
        *given("price >= ?", min_price),
        *given("price <= ?", max_price),
        *given("year >= ?", min_year),
        *given("year <= ?", max_year),
        *given("(stock > 0) = ?", in_stock),
    ]
    items, total = db.find("books", conditions, sort=sort, limit=limit, offset=offset)
    link_pages(request, response, total, limit, offset)
    return shapes.Books(items=[book(row) for row in items], total=total)


@books.get("/{book_id}", summary="Get one book", responses=fault(404))
def get_book(book_id: int, db: Db) -> shapes.Book:
    return book(found(db, "books", book_id))


@books.post(
    "",
    summary="Add a book to the catalogue",
    status_code=201,
    responses=fault(401, 409),
    **SIGNED_IN,
)
def create_book(new: NewBook, response: Response, db: Db) -> shapes.Book:
    made = refusing(
        "There is a book with this ISBN already.", db.add, "books", book_row(new.model_dump())
    )
    response.headers["Location"] = f"/books/{made['id']}"
    return book(made)


@books.patch("/{book_id}", summary="Change a book", responses=fault(401, 404), **SIGNED_IN)
def update_book(book_id: int, changes: BookChanges, db: Db) -> shapes.Book:
    """Change what is given and leave the rest; a discount of null ends the discount."""
    found(db, "books", book_id)
    return book(db.change("books", book_id, book_row(changes)))


@books.delete(
    "/{book_id}",
    summary="Delete a book",
    status_code=204,
    responses=fault(401, 404, 409),
    **SIGNED_IN,
)
def delete_book(book_id: int, db: Db) -> None:
    """Take a book out of the catalogue for good; one that was ever ordered cannot be deleted."""
    found(db, "books", book_id)
    refusing(
        "There are orders of this book, so it stays. Set its stock to 0 instead.",
        db.delete,
        "books",
        book_id,
    )


@books.put(
    "/{book_id}/cover",
    summary="Upload a book's cover picture",
    responses=fault(401, 404),
    **SIGNED_IN,
)
async def upload_cover(
    book_id: int,
    picture: Annotated[UploadFile, File()],
    db: Db,
    caption: Annotated[str | None, Form()] = None,
) -> shapes.Cover:
    found(db, "books", book_id)
    size = len(await picture.read())
    cover: Row = {
        "book_id": book_id,
        "file_name": picture.filename,
        "media_type": picture.content_type,
        "bytes": size,
        "caption": caption,
    }
    db.set_cover(cover)
    return shapes.Cover(**cover)


# --- customers ---


@customers.get("", summary="Search the customers", responses=fault(401))
def search_customers(
    request: Request,
    response: Response,
    db: Db,
    name: Annotated[str | None, Query(description="Part of the name")] = None,
    email: Annotated[str | None, Query(description="The whole e-mail address")] = None,
    limit: Limit = 10,
    offset: Offset = 0,
) -> shapes.Customers:
    """Find customers and their ids by name or e-mail address."""
    conditions = [
        *(("name LIKE ?", f"%{word}%") for word in (name or "").split()),
        *given("lower(email) = lower(?)", email),
    ]
    items, total = db.find("customers", conditions, sort="name", limit=limit, offset=offset)
    link_pages(request, response, total, limit, offset)
    return shapes.Customers(items=[shapes.Customer(**row) for row in items], total=total)


@customers.get("/{customer_id}", summary="Get one customer", responses=fault(401, 404))
def get_customer(customer_id: int, db: Db) -> shapes.Customer:
    return shapes.Customer(**found(db, "customers", customer_id))


@customers.post("", summary="Add a customer", status_code=201, responses=fault(401, 409))
def create_customer(new: NewCustomer, response: Response, db: Db) -> shapes.Customer:
    made = refusing(
        "There is a customer with this e-mail address already.",
        db.add,
        "customers",
        new.model_dump(),
    )
    response.headers["Location"] = f"/customers/{made['id']}"
    return shapes.Customer(**made)


# --- orders ---


@orders.post("", summary="Place an order", status_code=201, responses=fault(401, 404, 409))
def create_order(new: NewOrder, response: Response, db: Db) -> shapes.Order:
    """Order copies of one book for one customer."""
    book, _ = found(db, "books", new.book_id), found(db, "customers", new.customer_id)
    if book["stock"] < new.quantity:
        raise HTTPException(
            409,
            f"Only {book['stock']} copies of {book['title']!r} are in stock, "
            f"{new.quantity} were ordered.",
        )
    db.change("books", new.book_id, {"stock": book["stock"] - new.quantity})
    price = round(book["price"] * (100 - (book["discount_percent"] or 0)) / 100, 2)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = db.add(
        "orders", {**new.model_dump(), "unit_price": price, "status": "placed", "created_at": now}
    )
    response.headers["Location"] = f"/orders/{made['id']}"
    return shapes.Order(**made)


@orders.get("", summary="List orders, the newest first", responses=fault(401))
def list_orders(
    request: Request,
    response: Response,
    db: Db,
    customer_id: Annotated[int | None, Query(description="Only this customer's")] = None,
    book_id: Annotated[int | None, Query(description="Only of this book")] = None,
    status: Annotated[list[Status] | None, Query(description="Any of these states")] = None,
    limit: Limit = 10,
    offset: Offset = 0,
) -> shapes.Orders:
    conditions = [
        *given("customer_id = ?", customer_id),
        *given("book_id = ?", book_id),
        *any_of("status = ?", status),
    ]
    items, total = db.find("orders", conditions, sort="created_at DESC", limit=limit, offset=offset)
    link_pages(request, response, total, limit, offset)
    return shapes.Orders(items=[shapes.Order(**row) for row in items], total=total)


@orders.get("/{order_id}", summary="Get one order", responses=fault(401, 404))
def get_order(order_id: int, db: Db) -> shapes.Order:
    return shapes.Order(**found(db, "orders", order_id))


@orders.post("/{order_id}/cancel", summary="Cancel an order", responses=fault(401, 404, 409))
def cancel_order(order_id: int, db: Db) -> shapes.Order:
    """Cancel an order that is not shipped yet; its copies go back into stock."""
    order = found(db, "orders", order_id)
    if order["status"] != "placed":
        raise HTTPException(409, f"Order {order_id} is {order['status']}, it cannot be cancelled.")
    stock = found(db, "books", order["book_id"])["stock"]
    db.change("books", order["book_id"], {"stock": stock + order["quantity"]})
    return shapes.Order(**(db.change("orders", order_id, {"status": "cancelled"}) or order))


# --- between requests and rows ---


def given(sql: str, value: Any) -> list[Condition]:
    return [] if value is None else [(sql, value)]


def any_of(sql: str, values: Sequence[Any] | None) -> list[Condition]:
    return [(" OR ".join([sql] * len(values)), *values)] if values else []


def found(db: Store, table: str, key: int) -> Row:
    row = db.get(table, key)
    if row is None:
        raise HTTPException(404, f"There is no {table.removesuffix('s')} with the id {key}.")
    return row


def refusing(reason: str, write: Callable[..., Any], *args: Any) -> Any:
    """Write, and answer 409 with a reason when the database's rules forbid it."""
    try:
        return write(*args)
    except Conflict as conflict:
        raise HTTPException(409, reason) from conflict


def book(row: Row | None) -> shapes.Book:
    row = row or {}
    return shapes.Book(**{**row, "languages": row["languages"].split(",")})


def book_row(book: Mapping[str, Any]) -> Row:
    return {**book, **({"languages": ",".join(book["languages"])} if "languages" in book else {})}


def link_pages(request: Request, response: Response, total: int, limit: int, offset: int) -> None:
    """Name the next page in a Link header (RFC 8288), when there is one."""
    if offset + limit < total:
        response.headers["Link"] = (
            f'<{request.url.include_query_params(limit=limit, offset=offset + limit)}>; rel="next"'
        )


def create_app(database: Path, token: str) -> FastAPI:
    """Make the application on a database file, which is made and seeded if need be."""
    app = FastAPI(
        title="Bookshop",
        version="1.0.0",
        summary="Books, customers and orders of a small bookshop",
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.database, app.state.token = database, token
    for router in (books, customers, orders):
        app.include_router(router)
    if not database.exists():
        with Store(database) as store:
            store.seed()
    return app
