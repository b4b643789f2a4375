"""The synchronous methods of a client, each of which waits for its asynchronous one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from openapi2tools._core import portal
from openapi2tools.call.connections.loop_owner import ConnectionsClosed
from openapi2tools.call.sending.calling import AsyncCalls
from openapi2tools.call.sending.one_call import PerCall, as_call, next_page
from openapi2tools.call.sending.sender import failure_result
from openapi2tools.model import Call, Json, Result

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from openapi2tools.call.approval.consent import Consent
    from openapi2tools.call.connections.connections import Connections
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.call.sending.batch import OnResult

T = TypeVar("T")


class BlockingCalls(AsyncCalls):
    """What a client does from synchronous code."""

    _connections: Connections

    def send(
        self,
        prepared: Prepared,
        *,
        approved: bool | Consent = False,
        timeout: float | None = None,
        save_to: str | Path | None = None,
    ) -> Result:
        """Send a prepared call, as `asend` does, from synchronous code.

        Args:
            prepared: What `prepare` returned.
            approved: As in `asend`.
            timeout: As in `asend`.
            save_to: As in `asend`.

        Raises:
            Refused, ApprovalNeeded, Declined, MissingCredential, BlockedAddress: As `asend` does.

        Example:
            result = client.send(client.prepare("deletePet", {"petId": 7}), approved=True)
        """
        send = partial(self.asend, prepared, approved=approved, timeout=timeout, save_to=save_to)
        try:
            return self._connections.wait(send)
        except ConnectionsClosed as error:
            return failure_result(prepared, error)

    def call(
        self,
        call: Call | str,
        arguments: Mapping[str, Json] | None = None,
        *,
        save_to: str | Path | None = None,
        **per_call: Unpack[PerCall],
    ) -> Result:
        """Prepare a call and send it, as `acall` does, from synchronous code.

        Args:
            call: A call, or the name of a tool.
            arguments: The arguments, where `call` is a name.
            save_to: A file for the answer, as in `asend`.
            per_call: As in `acall`.

        Raises:
            UnknownTool: `call` is a name that no tool has.
            Refused, ApprovalNeeded, Declined, MissingCredential, BlockedAddress,
                CallError: As `acall` does.

        Example:
            result = client.call("getPetById", {"petId": 7})
            print(result.text if result.is_error else result.data)
        """
        make = partial(self.acall, call, arguments, save_to=save_to, **per_call)
        return self._wait_for_result(make, as_call(call, arguments))

    def call_model(
        self,
        call: Call | str,
        arguments: Mapping[str, Json] | None = None,
        **per_call: Unpack[PerCall],
    ) -> Result:
        """Make a call that a model asked for, as `acall_model` does, from synchronous code.

        Args:
            call: A call, or the name of a tool.
            arguments: The arguments, where `call` is a name.
            per_call: As in `acall`.

        Raises:
            BlockedAddress: The address is one that the document may not name.

        Example:
            messages += [openai_chat.write_result(client.call_model(call)) for call in calls]
        """
        make = partial(self.acall_model, call, arguments, **per_call)
        return self._wait_for_result(make, as_call(call, arguments))

    def pages(
        self,
        call: Call | str,
        arguments: Mapping[str, Json] | None = None,
        **per_call: Unpack[PerCall],
    ) -> Iterator[Result]:
        """Yield the results of a call and of its next pages, as `apages` does.

        Args:
            call: A call, or the name of a tool.
            arguments: The arguments, where `call` is a name.
            per_call: As in `acall`, for each page.

        Raises:
            CallError: As `acall` does.

        Example:
            orders = [order for page in client.pages("list_orders") for order in page.data]
        """
        result = self.call(call, arguments, **per_call)
        seen = [as_call(call, arguments).arguments]
        yield result
        while (following := next_page(result, seen)) is not None:
            result = self.call(following, **per_call)
            yield result

    def map(
        self,
        tool: str,
        rows: Iterable[Mapping[str, Json]],
        *,
        concurrency: int = 8,
        on_result: OnResult | None = None,
        **per_call: Unpack[PerCall],
    ) -> list[Result]:
        """Call a tool for each row of arguments, as `amap` does, from synchronous code.

        Args:
            tool: The name of a tool.
            rows: The arguments of each call.
            concurrency: How many calls may be under way at once.
            on_result: Told the place of a row and its result, as each comes.
            per_call: As in `acall`, for each call.

        Raises:
            UnknownTool, Refused, ApprovalNeeded, MissingCredential, BlockedAddress, CallError: As
                `acall` does.

        Example:
            with connect(tools) as client:
                results = client.map("get_book", [{"book_id": 101}, {"book_id": 102}])
        """
        return self.wait(
            partial(self.amap, tool, rows, concurrency=concurrency, on_result=on_result, **per_call)
        )

    def _wait_for_result(self, make: Callable[[], Awaitable[Result]], call: Call) -> Result:
        try:
            return self._connections.wait(make)
        except ConnectionsClosed as error:  # while somebody was asked, or before that
            return Result.failed(call, "not_sent", f"{error} Nothing was sent.")

    def wait(self, function: Callable[[], Awaitable[T]]) -> T:
        """Run an async function that makes calls, from synchronous code, and return its result.

        The calls themselves are made in the event loop where the connections live.

        Args:
            function: An async function without arguments.

        Example:
            async def both():
                return [await client.acall("a"), await client.acall("b")]

            results = client.wait(both)
        """
        self._connections.bind_loop()
        return portal.run(function)

    def __enter__(self) -> Self:
        self._connections.enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # An error, be it Ctrl-C, cancels what is under way.
        self._connections.leave(cancel=error is not None)
