"""Calls as no server should send them, and some do: a name, arguments, and where the request goes
all the same (nowhere, when it cannot be read as anything)."""

from __future__ import annotations

ODD_CALLS = [
    ("functions.get_pet", '{"pet_id": 1}', "/pets/1"),
    ("get_pet:0", '{"pet_id": 1}', "/pets/1"),
    ("get_pet", '"{\\"pet_id\\": 1}"', "/pets/1"),
    ("find_pets", "null", "/pets"),
    ("find_pets", '"null"', "/pets"),
    ("get_pet", '{"pet_id": 1', ""),
    ("get_pet", "[1]", ""),
    ("no tool has this näme!", "{}", ""),
    ("", "", ""),
    ("x" * 70, "{}", ""),
    ("get_pet", '{"pet_id": "\\ud83d"}', ""),
]
