"""Functions of the program as tools, beside those of an API."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from anyio import to_thread

from openapi2tools._core.naming import to_legal_characters
from openapi2tools.agent.caller import LocalCaller
from openapi2tools.errors import CallError, InvalidOption
from openapi2tools.model import Api, Binding, Call, Effect, Operation, Result, Tool, Toolset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openapi2tools.call.options import Approve
    from openapi2tools.call.policy import Policy
    from openapi2tools.model import JsonObject

_API: Final = Api("functions of this program", "3.1", (), {})


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function as a tool, with what its annotations do not say.

    Attributes:
        function: The function, synchronous or not. Its annotations make the schema.
        name: What the model calls it; the function's name unless given.
        description: What the model reads; the docstring unless given.
        effect: What a call does: `read`, `write` or `destroy`. The policy goes by it.

    Example:
        Agent(client, model, tools=[FunctionTool(today, effect="read"), send_mail])
    """

    function: Callable[..., Any]
    name: str = ""
    description: str = ""
    effect: Literal["read", "write", "destroy"] = "write"


class Functions:
    """The functions that a model may call; `tools` are what it sees of them."""

    def __init__(self, given: Iterable[FunctionTool | Callable[..., Any]]) -> None:
        own = [one if isinstance(one, FunctionTool) else FunctionTool(one) for one in given]
        by_name = {_name(one): one for one in own}
        if len(by_name) < len(own):
            raise InvalidOption("tools= has two functions of one name: name one with FunctionTool.")
        self.tools = Toolset([_tool(name, one) for name, one in by_name.items()])
        self._functions = {name: _validated(one.function) for name, one in by_name.items()}

    def caller(self, policy: Policy, approve: Approve | None) -> LocalCaller:
        """Return what calls them under a policy."""
        return LocalCaller(self.tools, self.answer, policy, approve)

    async def answer(self, call: Call) -> Result:
        """Call the function that is meant. A CallError that it raises is told to the model."""
        from pydantic import ValidationError  # noqa: PLC0415 -- only for those who give functions

        function = self._functions[call.tool]
        try:
            if inspect.iscoroutinefunction(function):
                value = await function(**call.arguments)
            else:
                value = await to_thread.run_sync(lambda: function(**call.arguments))
                value = await value if inspect.isawaitable(value) else value
        except ValidationError as error:
            if error.title != getattr(function, "__name__", ""):
                raise  # of something else, inside the function
            return Result.failed(call, "arguments", _faults(call, error))
        except CallError as error:
            return Result.failed(call, "function", str(error))
        return value if isinstance(value, Result) else _result(call, value)


def _result(call: Call, value: Any) -> Result:
    from pydantic_core import to_jsonable_python  # noqa: PLC0415 -- as above

    if value is None:
        return Result(call.id, call.tool, "Done.", caller=call.caller)
    data = to_jsonable_python(value)
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return Result(call.id, call.tool, text, data, caller=call.caller)


def _faults(call: Call, error: Any) -> str:
    faults = [
        f"- {'.'.join(map(str, fault['loc'])) or 'the arguments'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    ]
    return "\n".join([f"{call.tool} cannot take these arguments.", *faults])


def _name(given: FunctionTool) -> str:
    if not callable(given.function) or isinstance(given.function, type):
        raise InvalidOption(f"tools= takes functions, and {given.function!r} is none.")
    name = given.name or getattr(given.function, "__name__", "")
    if not name or to_legal_characters(name) != name:
        raise InvalidOption(
            f"tools= has a function named {name!r}: give it a name of letters, digits, - and _ "
            "with FunctionTool(function, name=...)."
        )
    return name


def _tool(name: str, given: FunctionTool) -> Tool:
    description = given.description or inspect.getdoc(given.function) or ""
    schema = _schema(name, given.function)
    operation = Operation("POST", f"/{name}", id=name, summary=description.partition("\n")[0])
    bindings = tuple(
        Binding((argument,), "body", f"/{argument}") for argument in schema["properties"]
    )
    return Tool(
        name,
        description,
        schema,
        bindings,
        _effect(name, given.effect),
        operation,
        _API,
        body_open=schema.get("additionalProperties") is not False,
    )


def _effect(name: str, effect: str) -> Effect:
    try:
        return Effect(effect)
    except ValueError:
        raise InvalidOption(
            f"{name}: effect={effect!r} is none of 'read', 'write', 'destroy'."
        ) from None


def _schema(name: str, function: Callable[..., Any]) -> JsonObject:
    """Return the schema of a function's arguments, which all have names."""
    from pydantic import PydanticUserError, TypeAdapter  # noqa: PLC0415 -- as above
    from pydantic.json_schema import GenerateJsonSchema  # noqa: PLC0415 -- as above

    class Untitled(GenerateJsonSchema):
        """Names say what titles would."""

        def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 -- pydantic's
            return False

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", function))
        schema: JsonObject = adapter.json_schema(schema_generator=Untitled)
    except (PydanticUserError, NameError) as error:
        reason = str(error).partition("\n")[0]
        raise InvalidOption(f"No schema can be made of the function {name}: {reason}") from None
    if schema.get("type") != "object":
        raise InvalidOption(
            f"The function {name} has arguments without names (*args, or before a /): "
            "a model gives all of them by name."
        )
    return {"properties": {}, **schema}


def _validated(function: Callable[..., Any]) -> Callable[..., Any]:
    from pydantic import validate_call  # noqa: PLC0415 -- as above

    return validate_call(function)


def check_names(functions: Toolset, others: Mapping[str, Tool]) -> None:
    """Raise InvalidOption for a function that is named like another tool."""
    for name in functions:
        if name in others:
            raise InvalidOption(
                f"tools= has a function named {name!r}, and so is a tool of the API: give it "
                f"another name: FunctionTool({name}, name=...)."
            )
