"""The one template engine. Templates lie as the files will lie that are written from them."""

from collections.abc import Iterator
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent / "templates"
SUFFIX = ".jinja"


def render(folder: str, subject: object) -> Iterator[tuple[str, str]]:
    """Render every template in a folder: the path that it lies at, and the text."""
    environment = _environment(folder)
    for name in sorted(environment.list_templates(filter_func=lambda name: name.endswith(SUFFIX))):
        yield name.removesuffix(SUFFIX), environment.get_template(name).render(it=subject)


def render_one(folder: str, path: str, subject: object) -> str:
    """Render the template of one path in a folder."""
    return _environment(folder).get_template(f"{path}{SUFFIX}").render(it=subject)


def _environment(folder: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / folder),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  nothing here is HTML  # nosec B701
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["literal"] = repr
    return environment
