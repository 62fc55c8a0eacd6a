from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Sum

from contracts.lamps import Lamp, Maker, UnknownLamp
from modules.lamps import models
from seamline.contract import AwareDatetime


def lamp(lamp_id: UUID) -> Lamp:
    row = models.Lamp.objects.filter(id=lamp_id).first()
    if row is None:
        raise UnknownLamp(lamp_id)
    return to_lamp(row)


def names() -> tuple[str, ...]:
    return tuple(models.Lamp.objects.order_by("made_at").values_list("name", flat=True))


def number() -> int:
    return models.Lamp.objects.count()


def total_watts() -> int:
    return models.Lamp.objects.aggregate(total=Sum("watts", default=0))["total"]


def name_of(lamp_id: UUID) -> str:
    return lamp(lamp_id).name


def is_free(lamp_id: UUID, day: date) -> bool:
    lamp(lamp_id)
    begin = datetime.combine(day, time(), UTC)
    loans = models.Loan.objects.filter(lamp_id=lamp_id, period__overlap=(begin, begin + timedelta(days=1)))
    return not loans.exists()


def lent_out(since: AwareDatetime, until: AwareDatetime) -> int:
    if since > until:
        return 0
    return models.Loan.objects.filter(period__overlap=(since, until)).count()


def maker() -> Maker:
    return Maker("Ada", "London")


def to_lamp(row: models.Lamp) -> Lamp:
    return Lamp(row.id, row.name, row.watts, row.made_at)
