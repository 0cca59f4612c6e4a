"""Text reaches WCAG AA contrast (4.5:1) on every surface it is used on, in both colour schemes."""

import re
from pathlib import Path

import pytest

import cds_hooks.sandbox

CSS = Path(cds_hooks.sandbox.__file__).parent / "static/css"
KINDS = ("problem", "symptom", "medication", "test", "procedure", "habit", "other")
PAIRS = [
    *(("ink", surface) for surface in ("page", "surface", "surface-2", "accent-soft", "critical-soft")),
    *(("muted", surface) for surface in ("page", "surface", "surface-2", "accent-soft", "critical-soft")),
    *(("accent", surface) for surface in ("page", "surface", "surface-2", "accent-soft", "critical-soft")),
    *(("critical", surface) for surface in ("page", "surface", "surface-2", "critical-soft")),
    *(("warning", surface) for surface in ("surface", "surface-2", "warning-soft")),
    *(("info", "info-soft"), ("good", "good-soft"), ("good", "surface")),
    *(("accent-ink", "accent"), ("demo-ink", "demo")),
    *(("ink", f"kind-{kind}-soft") for kind in KINDS),
    *(("muted", f"kind-{kind}-soft") for kind in KINDS),
    *((f"kind-{kind}", f"kind-{kind}-soft") for kind in KINDS),
    *((f"kind-{kind}", surface) for kind in KINDS for surface in ("surface", "surface-2")),
    *((text, "passage") for text in ("ink", "muted", *(f"kind-{kind}" for kind in KINDS))),
    *(("surface", f"kind-{kind}") for kind in KINDS),
]  # fmt: skip
SHAPES = [
    ("line-strong", "surface"),
    ("line-strong", "surface-2"),
    ("focus", "page"),
    ("focus", "surface"),
    ("trend", "range"),
    ("trend", "surface"),
    *(("focus", f"kind-{kind}-soft") for kind in KINDS),
]


def schemes() -> dict[str, dict[str, str]]:
    light, dark = (CSS / "tokens.css").read_text().split("@media (prefers-color-scheme: dark)")
    colours = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]
    return {"light": colours[0], "dark": colours[0] | colours[1]}


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), PAIRS)
def test_text_can_be_read(scheme: str, text: str, surface: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[text], colours[surface]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "surface"), SHAPES)
def test_borders_focus_and_lines_can_be_seen(scheme: str, shape: str, surface: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[shape], colours[surface]) >= 3


def test_every_colour_is_a_token() -> None:
    sheets = [sheet for sheet in CSS.glob("*.css") if sheet.name != "tokens.css"]
    loose = [
        colour
        for sheet in sheets
        for colour in re.findall(r":[^;{]*(#[0-9a-fA-F]{3,8})\b", sheet.read_text())
    ]
    assert loose == ["#fff"]  # the page of a print-out
