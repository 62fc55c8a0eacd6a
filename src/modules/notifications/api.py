from rest_framework.request import Request

from contracts.notifications import Notification
from kernel.http import pagination
from kernel.http.access import user
from kernel.http.endpoints import Endpoint, endpoint
from modules.notifications import queries


class NotificationPage(pagination.Page[Notification]):
    """Some of what a user was told."""


class NotificationsView(Endpoint):
    @endpoint(access=user, returns=NotificationPage, parameters=pagination.PARAMETERS)
    def get(self, request: Request) -> pagination.Page[Notification]:
        """List one's own notifications, newest first."""
        rows = queries.notifications_of(self.user.id)
        return pagination.paginated(request, rows, "-created_at", queries.to_notification)
