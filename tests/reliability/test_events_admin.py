"""The outboxes in the admin: each module's own, and what operators may do there."""

from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils.html import escape

from contracts.depots import DepotEnlarged
from seamline.databases import availability, transaction
from seamline.events import publish, relay
from seamline.events.models import OutboxMessage, Subscription
from seamline.operations.outbox_admin import OutboxAdmin
from tests.listener import LISTENER, Listener, die, publish_all, sent, states, weighed

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
PAGE = "/admin/seamline/outboxmessage/"


def operator(*permissions: str, superuser: bool = False) -> Client:
    user = User.objects.create_user(f"operator-{uuid4().hex[:8]}", is_staff=True, is_superuser=superuser)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="seamline", codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def bad(listener: Listener) -> UUID:
    """An parcel whose first event is dead, with one blocked behind it; one of another parcel was delivered."""
    parcel = uuid4()
    listener.failing = {str(parcel)}
    publish_all(sent(parcel), weighed(parcel), sent(uuid4()))
    die()
    listener.failing = set()
    assert states() == ["dead", "pending", "done"]
    return parcel


def rows(client: Client, **query: str) -> list[OutboxMessage]:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def ids() -> list[int]:
    return list(OutboxMessage.objects.using("parcels").order_by("id").values_list("id", flat=True))


def act(client: Client, action: str, *chosen: int, **more: str) -> str:
    places = [f"parcels.{number}" for number in chosen]
    form = {"action": action, "_selected_action": places, "index": "0", **more}
    answer = client.post(f"{PAGE}?state=all", form, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def enlarged(bad: UUID) -> None:
    """An event of another module, published last."""
    Subscription.objects.using("depots").all().delete()
    Subscription.objects.using("depots").create(module="depots", event=DepotEnlarged.event_name, subscriber="test")
    with transaction("depots"):
        publish(DepotEnlarged("north"))


def test_all_modules_outboxes_are_one_list_the_latest_first(enlarged: None) -> None:
    admin = operator(superuser=True)
    assert [(row.module, row.state) for row in rows(admin)] == [
        ("depots", "pending"),
        ("parcels", "pending"),
        ("parcels", "dead"),
    ]
    assert [row.module for row in rows(admin, module="no-module")] == ["depots", "parcels", "parcels"]
    assert {row.state for row in rows(admin, module="parcels")} == {"dead", "pending"}
    assert {row.name for row in rows(admin, module="depots")} == {"depots.DepotEnlarged.v1"}


def test_pages_of_the_list_go_over_all_modules(enlarged: None, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = operator(superuser=True)
    monkeypatch.setattr(OutboxAdmin, "list_per_page", 2)
    assert [row.module for row in rows(admin)] == ["depots", "parcels"]
    assert [row.state for row in rows(admin, p="2")] == ["dead"]


def test_an_action_is_done_to_the_event_of_that_module_alone(enlarged: None) -> None:
    # The same number means another event in each module's database.
    OutboxMessage.objects.using("depots").update(id=ids()[0], state="dead")
    act(operator(superuser=True), "retry", ids()[0])
    assert states()[0] == "pending"
    assert OutboxMessage.objects.using("depots").get().state == "dead"


def test_a_module_whose_database_is_away_is_named_and_the_others_are_shown(
    enlarged: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "away", lambda: ["parcels"])
    answer = operator(superuser=True).get(PAGE)
    assert [row.module for row in answer.context["cl"].result_list] == ["depots"]
    assert "the database does not answer: parcels" in answer.content.decode()


def test_the_whole_error_is_shown_in_the_list(bad: UUID) -> None:
    error = "KeyError: " + "x" * 500 + " <b>incident</b> 4711"
    OutboxMessage.objects.using("parcels").filter(state="dead").update(last_error=error)
    admin = operator(superuser=True)
    for page in (PAGE, f"{PAGE}parcels.{ids()[0]}/change/"):
        assert escape(error) in admin.get(page).content.decode()


def test_the_page_of_a_dead_event_has_what_may_be_done(bad: UUID) -> None:
    dead, pending, _ = ids()
    page = operator(superuser=True).get(f"{PAGE}parcels.{dead}/change/").content.decode()
    assert ('value="retry"' in page, 'value="discard"' in page, f'value="parcels.{dead}"' in page) == (True,) * 3
    for client, number in ((operator("view_outboxmessage"), dead), (operator(superuser=True), pending)):
        assert 'value="retry"' not in client.get(f"{PAGE}parcels.{number}/change/").content.decode()


def test_filters_and_the_search_find_events(bad: UUID) -> None:
    admin = operator(superuser=True)
    assert [row.state for row in rows(admin, module="parcels", state="done")] == ["done"]
    assert len(rows(admin, module="parcels", state="all")) == 3
    assert len(rows(admin, module="parcels", subscriber=LISTENER)) == 2
    assert rows(admin, module="parcels", subscriber="nobody") == []
    [dead] = rows(admin, module="parcels", state="dead")
    assert rows(admin, module="parcels", q=str(dead.event_id)) == [dead]
    assert len(rows(admin, module="parcels", q=str(bad))) == 2
    assert "incident" in admin.get(PAGE, {"module": "parcels"}).content.decode()


def test_a_row_leads_to_its_own_page_and_that_to_its_history(bad: UUID) -> None:
    admin, (number, *_) = operator(superuser=True), ids()
    assert f"{PAGE}parcels.{number}/change/" in admin.get(PAGE, {"module": "parcels"}).content.decode()
    page = admin.get(f"{PAGE}parcels.{number}/change/")
    assert (page.status_code, str(bad) in page.content.decode()) == (200, True)
    assert 'name="_save"' not in page.content.decode()
    assert admin.get(f"{PAGE}parcels.{number}/history/").status_code == 200
    for nowhere in (f"depots.{number}", "default.1", str(number), "parcels.x"):
        assert admin.get(f"{PAGE}{nowhere}/change/").status_code == 302


def test_dead_events_are_tried_again_and_it_is_noted_who_did_it(bad: UUID) -> None:
    admin, number = operator(superuser=True), ids()[0]
    said = act(admin, "retry", *ids())
    assert "Events tried again: 1." in said
    assert "because they are not dead: 2." in said
    assert states() == ["pending", "pending", "done"]
    relay.drain("parcels")
    assert states() == ["done", "done", "done"]
    [entry] = LogEntry.objects.all()
    assert (entry.object_id, entry.change_message) == (f"parcels.{number}", "Tried again")
    assert admin.get(entry.get_admin_url()).status_code == 200
    assert "Tried again" in admin.get(f"{PAGE}parcels.{number}/history/").content.decode()


def test_discarding_is_confirmed_first(bad: UUID) -> None:
    admin = operator(superuser=True)
    said = act(admin, "discard", *ids())
    assert "never hear of these" in said
    assert said.count('name="_selected_action"') == 1
    assert (states()[0], LogEntry.objects.count()) == ("dead", 0)
    assert "Events discarded: 1." in act(admin, "discard", ids()[0], confirmed="yes")
    assert states()[0] == "discarded"
    assert LogEntry.objects.get().change_message == "Discarded"


def test_who_may_only_look_can_do_nothing(bad: UUID) -> None:
    viewer = operator("view_outboxmessage")
    assert len(rows(viewer, module="parcels")) == 2
    for action in ("retry", "discard"):
        act(viewer, action, *ids(), confirmed="yes")
    assert states()[0] == "dead"
    assert "Events tried again: 1." in act(operator("change_outboxmessage"), "retry", *ids())


def test_who_may_not_even_look_is_refused(bad: UUID) -> None:
    assert operator().get(PAGE).status_code == 403
    assert operator("delete_outboxmessage", "add_outboxmessage").post(f"{PAGE}add/").status_code == 403
