from django.http import HttpRequest


def slogan(request: HttpRequest) -> dict[str, str]:
    """What every page of gadgets ends with."""
    return {"slogan": "Gadgets for everybody"}
