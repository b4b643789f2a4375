r"""A chat backend for many users: answers as server-sent events, and approvals that come later.

`OPENAI_API_KEY=... python -m examples.chat_backend`, then, in another terminal:

    curl -N localhost:8100/chats/1/messages -H 'Authorization: Bearer sesame' \
        -H 'Content-Type: application/json' -d '{"text": "Order two copies of The Dispossessed"}'
    curl localhost:8100/chats/1/approvals -H 'Authorization: Bearer sesame' \
        -H 'Content-Type: application/json' -d '{"call_id": "...", "approved": true}'
    curl -N -X POST localhost:8100/chats/1/run -H 'Authorization: Bearer sesame'

One client serves everybody: each request has a view on it, with the user's own token. A chat is a
text between requests, so that any process may go on with it, and a yes may come the next day.
"""

from __future__ import annotations

import json
import os
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from examples.bookshop.shop import open_shop
from openapi2tools import (
    Agent,
    AgentError,
    Client,
    Model,
    OpenAIModel,
    OpenAPI2ToolsError,
    Policy,
    Session,
    build_tools,
    connect,
    load,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

bearer = HTTPBearer()


class Message(BaseModel):
    text: str


class Verdict(BaseModel):
    call_id: str
    approved: bool


@dataclass
class Chats:
    """The chats of all users; in earnest a table of a database."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)

    def load(self, user: str, chat: str) -> Session:
        return Session.loads(self.texts.get((user, chat), ""))

    def save(self, user: str, chat: str, session: Session) -> None:
        self.texts[user, chat] = session.dumps()


def signed_in(given: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
    return given.credentials


User = Annotated[str, Depends(signed_in)]


def create_app(client: Client, model: Model, chats: Chats) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    app = FastAPI(title="Chat", lifespan=lifespan)

    async def answer(user: str, chat: str, question: str | None) -> AsyncIterator[str]:
        session = chats.load(user, chat)
        agent = Agent(client.scoped(credentials={"bearerAuth": user}), model)
        try:
            async with aclosing(agent.stream(question, session=session)) as events:
                async for event in events:
                    yield sent_event(event.to_dict())
        except OpenAPI2ToolsError as error:
            yield sent_event({"type": "error", "text": str(error)})
        finally:  # also where the browser was closed
            chats.save(user, chat, session)

    @app.post("/chats/{chat}/messages")
    async def ask(chat: str, message: Message, user: User) -> StreamingResponse:
        return StreamingResponse(answer(user, chat, message.text), media_type="text/event-stream")

    @app.post("/chats/{chat}/run")
    async def go_on(chat: str, user: User) -> StreamingResponse:
        return StreamingResponse(answer(user, chat, None), media_type="text/event-stream")

    @app.post("/chats/{chat}/approvals")
    async def decide(chat: str, verdict: Verdict, user: User) -> dict[str, int]:
        session = chats.load(user, chat)
        try:
            session.approve(verdict.call_id, approved=verdict.approved)
        except AgentError as error:
            raise HTTPException(409, str(error)) from None
        chats.save(user, chat, session)
        return {"waiting": len(session.waiting)}

    return app


def sent_event(event: dict[str, object]) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


def main() -> None:
    import uvicorn  # noqa: PLC0415 -- only to serve

    with open_shop() as shop:
        client = connect(build_tools(load(shop.document)), policy=Policy(confirm="writes"))
        model = OpenAIModel(os.environ.get("OPENAI_MODEL", "gpt-5.5"))
        uvicorn.run(create_app(client, model, Chats()), port=8100)


if __name__ == "__main__":
    main()
