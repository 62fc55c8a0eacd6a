"""Sagas and jobs in the admin: what operators see of them, and may do."""

from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from contracts.depots import Depots
from contracts.parcels import MoveState, Parcels
from seamline.calls import call
from seamline.context import Context, entered, new_id
from seamline.work import sagas
from seamline.work.models import JobRecord, SagaRecord
from seamline.work.sagas import Failure

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
SAGAS, JOBS = "/admin/seamline/sagarecord/", "/admin/seamline/jobrecord/"


def operator(*permissions: str, superuser: bool = False) -> Client:
    user = User.objects.create_user(f"operator-{uuid4().hex[:8]}", is_staff=True, is_superuser=superuser)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="seamline", codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def moves() -> tuple[UUID, UUID]:
    """Two that wait for their parcels to be weighed, the older one first."""
    with entered(Context(request_id=new_id())):
        for depot in ("north", "south"):
            call(Depots).enlarge(depot, 2)
        found = []
        for _ in range(2):
            parcel, move = uuid4(), uuid4()
            call(Parcels).send(parcel, "north", 500)
            assert call(Parcels).move(move, parcel, "south").state is MoveState.UNDER_WAY
            found.append(move)
    # All that a test does is one transaction, at one time.
    SagaRecord.objects.using("parcels").filter(id=found[0]).update(started_at="2026-11-26T12:00Z")
    return found[0], found[1]


def listed(client: Client, **query: str) -> list[UUID]:
    answer = client.get(SAGAS, query)
    assert answer.status_code == 200
    return [row.id for row in answer.context["cl"].result_list]


def act(client: Client, action: str, *chosen: UUID, **more: str) -> str:
    form = {"action": action, "_selected_action": [f"parcels.{saga}" for saga in chosen], "index": "0", **more}
    answer = client.post(SAGAS, form, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def state_of(move: UUID) -> str:
    return str(SagaRecord.objects.using("parcels").get(id=move).state)


def test_the_admin_s_first_page_leads_to_sagas_and_jobs() -> None:
    page = operator("view_sagarecord", "view_jobrecord").get("/admin/").content.decode()
    assert (f'href="{SAGAS}"' in page, f'href="{JOBS}"' in page) == (True, True)
    assert SAGAS not in operator("view_jobrecord").get("/admin/").content.decode()


def test_what_is_under_way_is_listed_the_latest_first(moves: tuple[UUID, UUID]) -> None:
    admin, (older, newer) = operator(superuser=True), moves
    assert listed(admin) == [newer, older]
    assert listed(admin, module="depots") == []
    assert listed(admin, name="move", module="parcels") == [newer, older]
    assert listed(admin, q=str(older)) == [older]
    assert listed(admin, state="done") == []
    assert listed(admin, q="no id") == []


def test_one_is_inspected_with_its_steps_and_what_it_waits_for(moves: tuple[UUID, UUID]) -> None:
    admin, (move, _) = operator(superuser=True), moves
    page = admin.get(f"{SAGAS}parcels.{move}/change/").content.decode()
    for shown in ("book", "give_back", "ask_for_weight", "forget_weight", "stopped here", str(move)):
        assert shown in page
    assert page.index("ask_for_weight") < page.index("stopped here"), "at the second step"
    assert ('value="retry"' in page, 'value="compensate"' in page, 'name="_save"' in page) == (True, True, False)
    for nowhere in (f"depots.{move}", "default.1", str(move), "parcels.x"):
        assert admin.get(f"{SAGAS}{nowhere}/change/").status_code == 302


def test_one_that_pauses_goes_on_at_once(moves: tuple[UUID, UUID]) -> None:
    admin, (move, _) = operator(superuser=True), moves
    assert sagas.resume("parcels") == 0
    assert "Sagas to go on now: 1." in act(admin, "retry", move)
    assert sagas.resume("parcels") == 1
    [entry] = LogEntry.objects.all()
    assert (entry.object_id, entry.change_message) == (f"parcels.{move}", "To go on now")
    assert admin.get(entry.get_admin_url()).status_code == 200
    assert "To go on now" in admin.get(f"{SAGAS}parcels.{move}/history/").content.decode()


def test_compensating_is_confirmed_with_a_reason_and_gives_back_what_was_taken(moves: tuple[UUID, UUID]) -> None:
    admin, (move, other) = operator(superuser=True), moves
    asked = act(admin, "compensate", move)
    assert ('name="why"' in asked, asked.count('name="_selected_action"'), state_of(move)) == (True, 1, "running")
    assert "Say why" in act(admin, "compensate", move, confirmed="yes")
    assert state_of(move) == "running"
    assert "Sagas to be compensated: 1." in act(admin, "compensate", move, confirmed="yes", why="the van broke down")
    assert (state_of(move), state_of(other)) == ("compensating", "running")
    assert "operator: the van broke down" in admin.get(f"{SAGAS}parcels.{move}/change/").content.decode()
    assert "Sagas left alone" in act(admin, "compensate", move, confirmed="yes", why="once more")
    sagas.resume("parcels")
    assert call(Parcels).find_move(move).state is MoveState.REFUSED
    assert call(Depots).room("south").free == 1


def test_who_may_only_look_can_do_nothing(moves: tuple[UUID, UUID]) -> None:
    viewer, (move, _) = operator("view_sagarecord"), moves
    assert len(listed(viewer)) == 2
    act(viewer, "compensate", move, confirmed="yes", why="because")
    assert state_of(move) == "running"
    assert 'value="retry"' not in viewer.get(f"{SAGAS}parcels.{move}/change/").content.decode()
    assert operator("view_outboxmessage").get(SAGAS).status_code == 403


def test_one_of_a_flow_that_nobody_declares_any_more_is_shown_all_the_same(moves: tuple[UUID, UUID]) -> None:
    admin, (move, _) = operator(superuser=True), moves
    SagaRecord.objects.using("parcels").filter(id=move).update(name="of-another-day")
    assert "of-another-day" in admin.get(f"{SAGAS}parcels.{move}/change/").content.decode()


def test_a_reason_of_its_own_is_shown(moves: tuple[UUID, UUID]) -> None:
    sagas.compensate("parcels", moves[0], Failure("depots.full", "x" * 80 + " <i>"))
    assert "depots.full: " + "x" * 80 + " &lt;i&gt;" in operator(superuser=True).get(SAGAS).content.decode()


def test_jobs_are_listed_with_those_that_nobody_has_run(moves: tuple[UUID, UUID]) -> None:
    error = "OSError: " + "the depot burns " * 40
    JobRecord.objects.using("parcels").filter(name="forget_old").delete()
    JobRecord.objects.using("depots").filter(name="seamline.prune").delete()
    JobRecord.objects.using("depots").create(
        module="depots", name="seamline.prune", attempts=3, due_at="2026-11-26T12:00Z", seconds=1.5, error=error
    )
    admin = operator(superuser=True)
    page = admin.get(JOBS).content.decode()
    for shown in ("forget_old", "every 3600 s", error, "1.5 s", "2026-11-26 12:00:00"):
        assert shown in page
    failed = admin.get(JOBS, {"failed": "1"}).content.decode()
    assert (error in failed, "forget_old" in failed) == (True, False)
    assert error not in admin.get(JOBS, {"module": "parcels"}).content.decode()


def test_a_job_is_run_now_by_who_may(moves: tuple[UUID, UUID]) -> None:
    wanted = {"module": "parcels", "name": "forget_old"}
    JobRecord.objects.using("parcels").filter(name="forget_old").update(due_at="2100-01-01T00:00Z")
    assert operator("view_jobrecord").post(JOBS, wanted).status_code == 403
    admin = operator("view_jobrecord", "change_jobrecord")
    assert "Due now: forget_old of parcels." in admin.post(JOBS, wanted, follow=True).content.decode()
    due = JobRecord.objects.using("parcels").get(name="forget_old").due_at
    assert due.year < 2100
    assert LogEntry.objects.get().object_id == "parcels.forget_old"
    for unknown in ({**wanted, "name": "x"}, {**wanted, "module": "nobody"}, {}):
        assert "nothing was changed" in admin.post(JOBS, unknown, follow=True).content.decode()
    assert operator("view_sagarecord").get(JOBS).status_code == 403
