"""The outboxes in the admin: each module's own, and what operators may do there."""

from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from contracts.depots import DepotEnlarged
from seamline.databases import transaction
from seamline.events import publish, relay
from seamline.events.models import OutboxMessage, Subscription
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
    form = {"action": action, "_selected_action": [str(number) for number in chosen], "index": "0", **more}
    answer = client.post(f"{PAGE}?module=parcels&state=all", form, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_module_s_outbox_is_shown_by_itself(bad: UUID) -> None:
    Subscription.objects.using("depots").create(module="depots", event=DepotEnlarged.event_name, subscriber="test")
    with transaction("depots"):
        publish(DepotEnlarged("north"))
    admin = operator(superuser=True)
    assert {row.state for row in rows(admin, module="parcels")} == {"dead", "pending"}
    assert {row.name for row in rows(admin, module="depots")} == {"depots.DepotEnlarged.v1"}
    assert rows(admin) == [], "the first module's, which has none"
    assert rows(admin, module="no-module") == []


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
