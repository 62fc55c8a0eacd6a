from django import template

register = template.Library()


@register.filter
def shouted(text: str) -> str:
    """For headings."""
    return f"{text.upper()}!"
