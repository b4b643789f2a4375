"""What a model is shown beside the text: as each vendor takes it, and within its bounds."""

from __future__ import annotations

from io import BytesIO
from random import Random
from typing import Any

import pytest
from PIL import Image

from openapi2tools.formats import anthropic, gemini, images, mcp, openai_chat, openai_responses
from openapi2tools.formats.writing import shown, viewable_parts
from openapi2tools.model import Part, Result
from tests.support.galleries import png

WAV = Part("audio/wav", b"RIFF\0")
GIF = Part("image/gif", b"GIF89a\0")


def noise(width: int, height: int, mode: str = "RGB") -> bytes:
    """Return a picture that no packing makes small."""
    pixels = Random(1).randbytes(width * height * len(mode))
    written = BytesIO()
    Image.frombytes(mode, (width, height), pixels).save(written, "PNG")
    return written.getvalue()


def result(*parts: Part) -> Result:
    return Result("call_1", "look", "(kept aside)", status=200, parts=parts)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_image_is_scaled_down_where_a_limit_asks_for_it(mode: str) -> None:
    large = Part("image/png", noise(600, 300, mode), "a.png")
    [smaller] = viewable_parts(result(large), max_image_bytes=100_000)
    assert len(smaller.data) <= 100_000 < len(large.data)
    image = Image.open(BytesIO(smaller.data))
    assert Image.MIME[image.format or ""] == smaller.media_type
    assert image.width == 2 * image.height
    assert image.has_transparency_data == (mode == "RGBA")


def test_an_image_with_too_long_a_side_is_scaled_down_and_any_other_goes_as_it_is() -> None:
    wide = Part("image/png", png(images.MAX_SIDE + 1, 1))
    fine = Part("image/png", png(40, 40))
    first, second = viewable_parts(result(wide, fine))
    assert Image.open(BytesIO(first.data)).width < images.MAX_SIDE
    assert second is fine


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + b"x" * 200, b"x" * 200])
def test_what_cannot_be_scaled_down_is_told_in_words(data: bytes) -> None:
    told = shown("Text", [Part("image/png", data, "a.png")], max_image_bytes=100)
    assert told == ("Text\n(a.png is too large to be shown.)", [])


def test_without_the_extra_a_large_image_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "can_scale", lambda: False)
    images.scaled_down.cache_clear()
    told = shown("Text", [Part("image/png", noise(50, 50))], max_image_bytes=100)
    images.scaled_down.cache_clear()
    assert told == ("Text\n(image/png is too large to be shown.)", [])


@pytest.mark.parametrize(
    ("write", "kinds"),
    [
        (lambda r: openai_responses.write_result(r)["output"], ["input_text", "input_image"]),
        (
            lambda r: [r, *openai_chat.write_files([r])[0]["content"]][2::2],
            ["input_audio", "image_url"],
        ),
        (lambda r: anthropic.write_result(r)["content"], ["text", "image"]),
        (lambda r: mcp.write_result(r)["content"], ["text", "audio", "image"]),
    ],
)
def test_each_vendor_gets_what_its_models_take(write: Any, kinds: list[str]) -> None:
    assert [part["type"] for part in write(result(WAV, GIF))] == kinds


def test_gemini_gets_no_kind_of_image_that_it_refuses() -> None:
    assert "parts" not in gemini.write_result(result(WAV, GIF))["functionResponse"]


def test_the_message_of_files_stands_once_behind_all_results_or_not_at_all() -> None:
    assert openai_chat.write_files([result(), result()]) == []
    [message] = openai_chat.write_files([result(GIF), result(GIF)])
    assert message["role"] == "user"
    assert len(message["content"]) == 4
