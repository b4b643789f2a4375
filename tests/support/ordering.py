"""OpenAI's rules of order: what a request may hold after what, beyond what its types say."""

from __future__ import annotations

import json
import re
from typing import Any

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_CALLS = {"function_call": "function_call_output", "tool_search_call": "tool_search_output"}


def disorder(body: dict[str, Any]) -> str:
    """Say which rule a request breaks; the empty string when it keeps them all."""
    if body.get("tool_choice") and not body.get("tools"):
        return "tool_choice without tools"
    if "messages" in body:
        return _disorder_of_messages(body["messages"])
    return _disorder_of_items(body["input"]) if isinstance(body.get("input"), list) else ""


def _disorder_of_messages(messages: list[dict[str, Any]]) -> str:
    """Each call is answered once, by the messages right after it, and no answer is without one."""
    waiting: list[str] = []
    for number, message in enumerate(messages):
        role, made = message["role"], message.get("tool_calls")
        if role == "tool":
            if message["tool_call_id"] not in waiting:
                return f"message {number} answers no call that waits: {message}"
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            return f"message {number} comes before the answers to {waiting}"
        if role == "system" and number:
            return f"message {number} is a system message, and not the first"
        if role != "assistant":
            continue
        if made is None and not message.get("content"):
            return f"message {number} says nothing"
        if made == []:
            return f"message {number} has an empty list of calls"
        for call in made or ():
            if call["id"] in waiting or len(call["id"]) > 64:
                return f"message {number} has an id twice, or a long one: {call['id']}"
            waiting.append(call["id"])
            if fault := _fault_of_call(call["function"]):
                return f"message {number}: {fault}"
    return f"no answers to {waiting}" if waiting else ""


def _disorder_of_items(items: list[dict[str, Any]]) -> str:
    """Each call has one output, after it and before the next question; reasoning is followed."""
    waiting: dict[str, str] = {}
    used: set[str] = set()
    for number, item in enumerate(items):
        kind = item.get("type", "message")
        if kind in _CALLS.values():
            if waiting.pop(item["call_id"], None) != kind:
                return f"item {number} answers no call that waits: {item}"
        elif kind in _CALLS:
            if item["call_id"] in used:
                return f"item {number} has an id twice: {item['call_id']}"
            used.add(item["call_id"])
            waiting[item["call_id"]] = _CALLS[kind]
            if kind == "function_call" and (fault := _fault_of_call(item)):
                return f"item {number}: {fault}"
        elif kind == "message" and item["role"] == "user" and waiting:
            return f"item {number} is a question before the outputs of {[*waiting]}"
        elif kind == "reasoning" and number + 1 == len(items):
            return "the last item is a reasoning that nothing follows"
    return f"no outputs of {[*waiting]}" if waiting else ""


def _fault_of_call(function: dict[str, Any]) -> str:
    if not _NAME.fullmatch(function["name"]):
        return f"no name of a function: {function['name']!r}"
    try:
        arguments = json.loads(function["arguments"])
    except ValueError:
        return f"arguments that are no JSON: {function['arguments']!r}"
    return "" if isinstance(arguments, dict) else f"arguments that are no object: {arguments!r}"
