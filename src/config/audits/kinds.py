"""The facts that modules state of an order, each under the order's id."""

from seamline.audit import Kind

ORDER = Kind("orders", "order")
RESERVATION = Kind("inventory", "reservation")
PAYMENT = Kind("payments", "payment")
POINTS = Kind("users", "points")
NOTICES = Kind("notifications", "notices")
