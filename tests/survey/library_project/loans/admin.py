from django.contrib import admin

from .models import Loan


@admin.register(Loan)
class LoanAdmin(admin.ModelAdmin):
    model = Loan
    search_fields = ["^book__title", "due"]  # finds: spanning-lookup catalog
    list_display = ["id", "due"]
    list_select_related = ["reader"]  # finds: joined-load accounts
