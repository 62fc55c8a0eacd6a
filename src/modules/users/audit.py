"""Were points given for orders only, and no others taken back than were given?"""

from collections.abc import Iterator

from contracts.orders import Orders
from modules.users import queries
from modules.users.models import PointsEntry
from seamline.audit import Checked, Finding, is_young, pages, undo
from seamline.calls import call


def checks() -> Iterator[Checked]:
    for entries in pages(PointsEntry.objects.all()):
        yield Checked(len(entries), (*_taken_back(entries), *_without_order(entries)))


def _taken_back(entries: list[PointsEntry]) -> Iterator[Finding]:
    over = tuple(entry.order_id for entry in entries if entry.reason == PointsEntry.Reason.TAKEN_BACK)
    for points in queries.points_of_orders(over):
        if points.taken_back != points.earned:
            problem = f"{points.earned} were earned and {points.taken_back} taken back"
            yield Finding(f"points of order {points.order_id}", problem)


def _without_order(entries: list[PointsEntry]) -> Iterator[Finding]:
    since = {entry.order_id: entry.created_at for entry in entries}
    known = {order.id for order in call(Orders).orders(tuple(since))}
    for points in queries.points_of_orders(tuple(since.keys() - known)):
        if points.taken_back != points.earned:
            problem = f"{points.earned} were given to user {points.user_id}, and the order does not exist"
            remedy = undo("users", f"take_points_back('{points.order_id}')")
            yield Finding(f"points of order {points.order_id}", problem, is_young(since[points.order_id]), remedy)
