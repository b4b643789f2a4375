"""The shop's SQLite database, with rows as plain dicts.

Ids start apart, so that a book's id is never a customer's.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Self

from examples.bookshop.seed import BOOKS, CUSTOMERS, ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Row = dict[str, Any]
Condition = tuple[Any, ...]  # SQL, and a value for each `?` in it

SCHEMA = """
DROP TABLE IF EXISTS orders; DROP TABLE IF EXISTS covers;
DROP TABLE IF EXISTS books; DROP TABLE IF EXISTS customers;
CREATE TABLE books (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, genre TEXT NOT NULL,
    year INTEGER NOT NULL, isbn TEXT NOT NULL UNIQUE, price REAL NOT NULL,
    discount_percent INTEGER, stock INTEGER NOT NULL, languages TEXT NOT NULL);
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, city TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES books,
    customer_id INTEGER NOT NULL REFERENCES customers, quantity INTEGER NOT NULL,
    unit_price REAL NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE covers (
    book_id INTEGER PRIMARY KEY REFERENCES books ON DELETE CASCADE, file_name TEXT,
    media_type TEXT, bytes INTEGER, caption TEXT);
"""


class Conflict(Exception):
    """The database's rules forbid it: it exists already, or other rows refer to it."""


class Store:
    """One connection.

    `with Store(path) as store:` commits at the end, or takes everything back on an error.
    """

    def __init__(self, path: Path) -> None:
        # FastAPI may close it in another thread than it was opened in
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA foreign_keys = ON")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind:
            self._db.rollback()
        else:
            self._db.commit()
        self._db.close()

    def seed(self) -> None:
        """Throw everything away and start with the first morning's stock."""
        self._db.executescript(SCHEMA)
        for first, table, rows in (
            (101, "books", BOOKS),
            (201, "customers", CUSTOMERS),
            (301, "orders", ORDERS),
        ):
            marks = ", ".join("?" * (len(rows[0]) + 1))
            self._db.executemany(
                f"INSERT INTO {table} VALUES ({marks})",  # noqa: S608 -- our own words
                [(first + n, *row) for n, row in enumerate(rows)],
            )

    def get(self, table: str, key: int) -> Row | None:
        """Find one row by its id."""
        return next(self.rows(f"SELECT * FROM {table} WHERE id = ?", key), None)  # noqa: S608 -- our own words

    def find(
        self,
        table: str,
        conditions: Iterable[Condition],
        *,
        sort: str = "id",
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[list[Row], int]:
        """Return one page of the rows that fit every condition, and how many there are in all."""
        found = [*conditions]
        where = " AND ".join(f"({sql})" for sql, *_ in found) or "1"
        values = [value for _, *given in found for value in given]
        page = self.rows(
            f"SELECT * FROM {table} WHERE {where} ORDER BY {sort}, id LIMIT ? OFFSET ?",  # noqa: S608 -- our own words
            *values,
            limit,
            offset,
        )
        (count,) = self.rows(f"SELECT count(*) AS n FROM {table} WHERE {where}", *values)  # noqa: S608 -- our own words
        return list(page), count["n"]

    def add(self, table: str, row: Row) -> Row:
        """Insert a row and give it back with its id."""
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        key = self._write(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 -- our own words
        return self.get(table, key) or row

    def change(self, table: str, key: int, row: Mapping[str, Any]) -> Row | None:
        """Change some columns of a row and give the whole of it back."""
        if row:
            names = ", ".join(f"{name} = ?" for name in row)
            self._write(f"UPDATE {table} SET {names} WHERE id = ?", (*row.values(), key))  # noqa: S608 -- our own words
        return self.get(table, key)

    def delete(self, table: str, key: int) -> None:
        """Delete a row."""
        self._write(f"DELETE FROM {table} WHERE id = ?", (key,))  # noqa: S608 -- our own words

    def set_cover(self, row: Row) -> None:
        """Keep what is known of a book's cover, in place of an earlier one."""
        self._write(
            "INSERT OR REPLACE INTO covers VALUES "
            "(:book_id, :file_name, :media_type, :bytes, :caption)",
            row,
        )

    def rows(self, sql: str, *values: Any) -> Iterator[Row]:
        """Run a query."""
        return (dict(row) for row in self._db.execute(sql, values))

    def _write(self, sql: str, values: tuple[Any, ...] | Row) -> int:
        try:
            return self._db.execute(sql, values).lastrowid or 0
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error
