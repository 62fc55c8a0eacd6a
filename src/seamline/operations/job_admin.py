"""The modules' periodic jobs in the admin: how each went the last time, and one of them now."""

from typing import Any

import structlog
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from seamline.operations import event_administration
from seamline.operations.module_rows import ModuleRowsAdmin, answering_modules, chosen_modules, note, with_plain_key
from seamline.work import jobs
from seamline.work.models import JobRecord

log = structlog.get_logger("seamline.jobs")

JobRow = with_plain_key(JobRecord, "name", "job")


@admin.register(JobRow)
class JobAdmin(ModuleRowsAdmin):
    """Look at jobs, those among them that nobody has run yet; have one run now."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self._run(request, request.POST.get("module", ""), request.POST.get("name", ""))
            return HttpResponseRedirect(request.get_full_path())
        answering = answering_modules(request)
        rows = [(module, when, run) for module in answering for when, run in jobs.describe(module)]
        failed = request.GET.get("failed") == "1"
        shown = {
            "title": "Jobs",
            "opts": self.opts,
            "rows": [row for row in rows if row[2].error or not failed],
            "silent": sorted({*chosen_modules(request)} - {*answering}),
            "modules": event_administration.modules(),
            "module": request.GET.get("module", ""),
            "failed": failed,
            "may_operate": self.has_operate_permission(request),
        }
        template = "admin/seamline/jobrecord/change_list.html"
        return TemplateResponse(request, template, {**self.admin_site.each_context(request), **shown})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead from the admin's log to the list, which shows all there is to see of a job."""
        return HttpResponseRedirect(f"../../?module={object_id.partition('.')[0]}")

    def _run(self, request: HttpRequest, module: str, name: str) -> None:
        if not self.has_operate_permission(request):
            raise PermissionDenied
        if module not in event_administration.modules() or not jobs.make_due(module, name):
            messages.error(request, f"No module here has a job {name!r}: nothing was changed.")
            return
        log.warning("job_made_due", module=module, job=name)
        note(request, self.model, f"{module}.{name}", f"{name} of {module}", "Run now")
        messages.success(request, f"Due now: {name} of {module}.")
