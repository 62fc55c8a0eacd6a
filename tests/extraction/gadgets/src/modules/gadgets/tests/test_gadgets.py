from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4, uuid5

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.test import Client

from contracts.catalog import ProductAdded
from contracts.gadgets import Gadget, GadgetMade, Gadgets, GadgetsV1, UnknownGadget, Workshop
from modules.gadgets import jobs
from modules.gadgets.words import SHOP
from seamline.calls import call
from seamline.testing import captured_events, deliver

pytestmark = pytest.mark.django_db(databases=["gadgets"])


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_what_is_made_is_told_of_weighed_and_polished(django_capture_on_commit_callbacks: Any) -> None:
    gadget_id = uuid4()
    with captured_events(GadgetMade) as published:
        with django_capture_on_commit_callbacks(using="gadgets", execute=True):
            call(Gadgets).make(gadget_id, "lamp")
        assert published() == [GadgetMade(gadget_id)]
    jobs.polish()
    assert call(Gadgets).gadget(gadget_id) == Gadget(gadget_id, "lamp", weight=4, polished=True)
    assert call(GadgetsV1).gadget(gadget_id) == "lamp"


def test_the_data_migration_has_run() -> None:
    assert call(Workshop).makers() == ("Ada",)


def test_a_product_is_a_gadget() -> None:
    deliver(ProductAdded("LAMP", "Lamp"), to="gadgets", times=2)
    assert call(Gadgets).gadget(uuid5(SHOP, "LAMP")).name == "Lamp"


def test_an_unknown_one_is_refused() -> None:
    with pytest.raises(UnknownGadget):
        call(Gadgets).gadget(uuid4())


def test_it_has_a_page_and_a_manual(client: Client, media: Path) -> None:
    gadget_id = uuid4()
    call(Gadgets).make(gadget_id, "lamp")
    assert "LAMP!, the 1st" in client.get(f"/gadgets/{gadget_id}").content.decode()
    assert b"".join(client.get(f"/gadgets/{gadget_id}/manual")) == b"How to use a lamp."
    assert [path.name for path in media.rglob("*.txt")] == [f"{gadget_id}.txt"]


def test_its_middleware_is_around_its_own_views_alone(client: Client) -> None:
    call(Gadgets).make(gadget_id := uuid4(), "lamp")
    for path in (f"/gadgets/{gadget_id}", f"/api/v1/gadgets/{gadget_id}", f"/api/v1/gadgets/{uuid4()}"):
        assert client.get(path).headers["X-Gadget"] == "asked"
    for path in ("/api/docs", "/health/live", "/nowhere"):
        assert "X-Gadget" not in client.get(path).headers
    assert (answer := client.get("/gadgets/heat")).status_code == 503
    assert (answer.content, answer.headers["X-Gadget"]) == (b"switched off", "asked")


def test_its_context_is_in_its_own_templates_alone(client: Client) -> None:
    call(Gadgets).make(gadget_id := uuid4(), "lamp")
    assert "Gadgets for everybody" in client.get(f"/gadgets/{gadget_id}").content.decode()
    assert "slogan" not in client.get("/admin/login/").context


def test_its_backend_is_asked_who_an_operator_is() -> None:
    assert authenticate(purpose="to polish") is not None
    assert authenticate(purpose="") is None


def test_they_are_counted() -> None:
    call_command("count_gadgets", stdout=(out := StringIO()))
    assert out.getvalue() == "gadgets: 0\n"
