from django.db import models
from shared.models import Dated  # finds: import shared


class Note(Dated):  # finds: abstract-model shared
    loan = models.ForeignKey("loans.Loan", on_delete=models.CASCADE)  # finds: foreign-key loans, cascade loans
