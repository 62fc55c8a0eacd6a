from uuid import UUID

from django.utils.module_loading import import_string
from markdown_it import MarkdownIt

SHOP = UUID("5b0f2b6e-5d5c-4d0e-9d0e-3c9f3f0b7a11")
FORMATTER = "pygments.formatters.html.HtmlFormatter"
"""What else is there to be chosen."""


def in_html(text: str) -> str:
    """Markdown, to be shown."""
    return MarkdownIt().render(text)


def format_name() -> str:
    """What the formatter writes."""
    name: str = import_string(FORMATTER).name
    return name
