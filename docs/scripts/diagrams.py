"""Draw the journeys as SVG, for light and for dark pages: boxes from top to bottom.

Each step is a box with what it is called and what it does; the text between two boxes is what goes
from one to the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from docs.scripts.picture import DARK, LIGHT, Theme

PICTURES = Path(__file__).parents[1] / "pictures"
WIDTH, BOX, GAP = 560, 52, 44
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
Step = tuple[str, str, str]  # its name, what it does, what it hands on
JOURNEYS: Final[dict[str, tuple[str, tuple[Step, ...]]]] = {
    "journey-tools": (
        "From an address to tools",
        (
            ("fetch", "a URL, a file, a folder, a documentation page", "bytes"),
            ("parse", "JSON or YAML 1.2, within limits", "plain values"),
            ("overlay, references", "Overlays applied, many documents joined into one", "one document"),
            ("read", "any dialect in OpenAPI 3's words; faults listed, not raised", "Api"),
            ("build_tools", "one tool an operation: name, schema, bindings, effect", "Toolset"),
            ("export", "strict where it can be", "the JSON that a vendor takes"),
        ),
    ),
    "journey-call": (
        "From a model's call to a result",
        (
            ("read_calls", "the vendor's message; strict values come back", "Call"),
            ("prepare", "arguments checked and repaired, spread, one request written", "Prepared: no secret, no network"),
            ("policy", "allowed, refused, or somebody is asked", "a yes to exactly these bytes"),
            ("sign", "a credential goes on a copy, if the origin may have it", "a signed request"),
            ("send", "guarded addresses, retries where they are safe", "an answer"),
            ("read", "decoded, masked, shortened, advice for its status", "Result"),
            ("write_result", "with its id, as the vendor takes it", "a message to the model"),
        ),
    ),
    "journey-run": (
        "A run of an agent",
        (
            ("brief", "what to do, the date, what the API is for", "the question, and tools"),
            ("ask the model", "asked again where a turn breaks off; held to limits", "calls, or an answer"),
            ("make the calls", "reads at once, writes in order; each by the journey of a call", "results"),
            ("record", "each step in the session, before and after it happens", "and round again, until there is an answer"),
        ),
    ),
}  # fmt: skip


def diagrams() -> dict[Path, str]:
    """Return the text of each picture."""
    return {
        PICTURES / f"{name}-{theme.name}.svg": draw(title, steps, theme)
        for name, (title, steps) in JOURNEYS.items()
        for theme in (LIGHT, DARK)
    }


def draw(title: str, steps: tuple[Step, ...], theme: Theme) -> str:
    """Return the picture of a journey."""
    height = len(steps) * (BOX + GAP) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{title}" font-family="{FONT}">',
        f"<title>{title}</title>",
    ]
    for number, step in enumerate(steps):
        parts += _step(step, 4 + number * (BOX + GAP), theme)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _step(step: Step, top: int, theme: Theme) -> list[str]:
    name, does, gives = map(escape, step)
    middle, bottom = WIDTH // 2, top + BOX
    return [
        f'<rect x="2" y="{top}" width="{WIDTH - 4}" height="{BOX}" rx="8" fill="{theme.bar}"'
        f' stroke="{theme.border}"/>',
        f'<text x="{middle}" y="{top + 22}" text-anchor="middle" font-size="16" font-weight="600"'
        f' fill="{theme.text}">{name}</text>',
        f'<text x="{middle}" y="{top + 42}" text-anchor="middle" font-size="14"'
        f' fill="{theme.faint}">{does}</text>',
        f'<path d="M{middle} {bottom + 3}v{GAP - 14}m-5 -6l5 7l5 -7" fill="none"'
        f' stroke="{theme.accent}" stroke-width="2"/>',
        f'<text x="{middle + 16}" y="{bottom + 26}" font-size="14" fill="{theme.accent}">'
        f"{gives}</text>",
    ]
