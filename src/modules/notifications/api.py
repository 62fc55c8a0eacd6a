from rest_framework.request import Request

from contracts.notifications import Notification
from modules.notifications import queries
from seamline.http import PAGE_PARAMETERS, Endpoint, Page, endpoint, paginate, user


class NotificationPage(Page[Notification]):
    """Some of what a user was told."""


class NotificationsView(Endpoint):
    @endpoint(access=user, returns=NotificationPage, parameters=PAGE_PARAMETERS)
    def get(self, request: Request) -> Page[Notification]:
        """List one's own notifications, newest first."""
        rows = queries.notifications_of(self.user.id)
        return paginate(request, rows, "-created_at", queries.to_notification)
