from datetime import UTC, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from modules.lamps.models import Loan
from modules.lamps.service import make


def load() -> None:
    """Two lamps, both lent out for a while."""
    for number, lamp in enumerate((make("Standard", 60), make("Small", 4)), start=1):
        begin = datetime(2031, 5, 10 * number, 9, tzinfo=UTC)
        Loan.objects.create(lamp_id=lamp.id, period=DateTimeTZRange(begin, begin + timedelta(days=2)))
