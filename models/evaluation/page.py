"""Pages that need nothing else: one HTML file, light or dark, that loads and runs nothing."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

from models.evaluation.text import interval, percent


def environment(package: str) -> Environment:
    """The templates of a package as "own/NAME"; "shared/page.html" is what each of them extends."""
    made = Environment(
        loader=PrefixLoader(
            {
                "own": PackageLoader(package, "templates"),
                "shared": PackageLoader("models.evaluation", "templates"),
            }
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(percent=percent, interval=interval)
    return made
