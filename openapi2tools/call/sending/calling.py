"""The calls of a client, one or many, and what of their failures is a result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self, Unpack

from openapi2tools.call.sending.batch import OnResult, call_all
from openapi2tools.call.sending.one_call import PerCall, as_call, next_page, words_for_model
from openapi2tools.errors import (
    ApprovalNeeded,
    CallError,
    Declined,
    InvalidArguments,
    MissingCredential,
    Refused,
    UnknownTool,
)
from openapi2tools.model import Call, Json, Result

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping
    from pathlib import Path

    from openapi2tools.call.approval.consent import Consent
    from openapi2tools.call.prepared import Prepared


class AsyncCalls(ABC):
    """What a client does from asynchronous code, made of `prepare` and `asend`."""

    @abstractmethod
    def prepare(self, call: Call | str, arguments: Mapping[str, Json] | None = None) -> Prepared:
        """Look up the tool, check the arguments, write the request, and ask the policy."""

    @abstractmethod
    async def asend(
        self,
        prepared: Prepared,
        *,
        approved: bool | Consent = False,
        timeout: float | None = None,  # noqa: ASYNC109 -- of the exchange alone
        save_to: str | Path | None = None,
    ) -> Result:
        """Send a prepared call."""

    @abstractmethod
    def _for_one_call(self, **per_call: Unpack[PerCall]) -> Self:
        """Return a view for one call of whom this client is for."""

    async def acall(
        self,
        call: Call | str,
        arguments: Mapping[str, Json] | None = None,
        *,
        save_to: str | Path | None = None,
        **per_call: Unpack[PerCall],
    ) -> Result:
        """Prepare a call and send it.

        Arguments that do not fit are a `Result`, too, and so is an unknown tool that a `Call`
        names: both are a model's fault, and it is told. `acall_model` makes results of the rest.

        Args:
            call: A call, or the name of a tool.
            arguments: The arguments, where `call` is a name.
            save_to: A file for the answer, as in `asend`.
            per_call: `approved`, `timeout`, `headers` and `fields` of this call alone; see
                `PerCall`.

        Raises:
            UnknownTool: `call` is a name that no tool has.
            Refused, ApprovalNeeded, Declined, MissingCredential, BlockedAddress,
                CallError: As `prepare` and
                `asend` do.

        Example:
            result = await client.acall("getPetById", {"petId": 7}, timeout=5)
        """
        is_name = isinstance(call, str)
        call = as_call(call, arguments)
        client = self._for_one_call(**per_call)
        try:
            prepared = client.prepare(call)
        except UnknownTool as error:
            if is_name:
                raise
            return Result.failed(call, error)
        except InvalidArguments as error:
            return Result.failed(call, error)
        approved = per_call.get("approved", False)
        return await client.asend(prepared, approved=approved, save_to=save_to)

    async def acall_model(
        self,
        call: Call | str,
        arguments: Mapping[str, Json] | None = None,
        **per_call: Unpack[PerCall],
    ) -> Result:
        """Make a call that a model asked for: whatever it said, what comes of it is a `Result`.

        That is so for an unknown tool, for arguments that do not fit, for a call that the policy
        refuses or that nobody agreed to, and for a missing credential: `result.error` says which,
        and `missing_credentials()` what to give.

        Args:
            call: A call, or the name of a tool.
            arguments: The arguments, where `call` is a name.
            per_call: As in `acall`.

        Raises:
            BlockedAddress: The address is one that the document may not name.
            CallError: The client cannot be used here, such as in another event loop.

        Example:
            for call in openai_chat.read_calls(message, client.tools):
                messages.append(openai_chat.write_result(await client.acall_model(call)))
        """
        call = as_call(call, arguments)
        client = self._for_one_call(**per_call)
        try:
            prepared = client.prepare(call)
        except MissingCredential as error:
            return Result.failed(call, error, words_for_model(error, call))
        except CallError as error:
            return Result.failed(call, error)
        try:
            return await client.asend(prepared, approved=per_call.get("approved", False))
        except (ApprovalNeeded, MissingCredential) as error:
            return Result.failed(call, error, words_for_model(error, call))
        except (Refused, Declined) as error:
            return Result.failed(call, error)

    async def apages(
        self,
        call: Call | str,
        arguments: Mapping[str, Json] | None = None,
        **per_call: Unpack[PerCall],
    ) -> AsyncGenerator[Result, None]:
        """Make a call, and then the calls of the next pages, and yield each result.

        It ends after the last page (`result.next` is None), after an error, and before a page that
        came already.

        Args:
            call: A call, or the name of a tool.
            arguments: The arguments, where `call` is a name.
            per_call: As in `acall`, for each page.

        Raises:
            CallError: As `acall` does.

        Example:
            async for page in client.apages("list_orders"):
                orders += page.raise_for_error().data["items"]
        """
        result = await self.acall(call, arguments, **per_call)
        seen = [as_call(call, arguments).arguments]
        yield result
        while (following := next_page(result, seen)) is not None:
            result = await self.acall(following, **per_call)
            yield result

    async def amap(
        self,
        tool: str,
        rows: Iterable[Mapping[str, Json]],
        *,
        concurrency: int = 8,
        on_result: OnResult | None = None,
        **per_call: Unpack[PerCall],
    ) -> list[Result]:
        """Call a tool for each row of arguments, several at once, and return the results in order.

        What goes wrong with one row is its result, also where somebody declines it. What goes wrong
        with all of them is raised, and ends the calls under way: `on_result` has had what came
        before. Open the client first (`with`), so that its connections are kept.

        Args:
            tool: The name of a tool.
            rows: The arguments of each call; they are taken one by one, as there is time for them.
            concurrency: How many calls may be under way at once.
            on_result: Told the place of a row and its result, as each comes; may be asynchronous.
            per_call: As in `acall`, for each call.

        Raises:
            UnknownTool, Refused, ApprovalNeeded, MissingCredential, BlockedAddress, CallError: As
                `acall` does.

        Example:
            async with connect(tools) as client:
                results = await client.amap("get_book", [{"book_id": id} for id in ids],
                                            on_result=lambda index, result: print(index, result.ok))
        """

        async def make(arguments: Mapping[str, Json]) -> Result:
            try:
                return await self.acall(tool, arguments, **per_call)
            except Declined as error:
                return Result.failed(Call(tool, arguments), error)

        return await call_all(make, rows, concurrency, on_result)
