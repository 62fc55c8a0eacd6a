"""An endpoint that does not say who may use it would let nobody in: that is said when it is loaded, with its place."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from seamline.http.access import public
from seamline.http.endpoints import Endpoint, endpoint


def test_a_method_without_a_declaration_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"View\.get says not who may use it; decorate it") as refused:

        class View(Endpoint):
            def get(self) -> None: ...

    assert str(refused.value).startswith(f"{Path(__file__)}:")


@pytest.mark.parametrize(
    ("words", "unsaid"), [({"returns": None}, "who may use it"), ({"access": public}, "what it returns")]
)
def test_a_declaration_that_leaves_something_out_is_refused(words: dict[str, object], unsaid: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"View\.get says not {unsaid}; write @endpoint"):

        class View(Endpoint):
            @endpoint(**words)  # type: ignore[arg-type]
            def get(self) -> None: ...


def test_what_is_declared_or_no_endpoint_is_not_refused() -> None:
    class View(Endpoint):
        shown = 1

        @endpoint(access=public, returns=None)
        def get(self) -> None: ...

        def of_the_view(self) -> None: ...

    assert View.get.access is public  # type: ignore[attr-defined]
