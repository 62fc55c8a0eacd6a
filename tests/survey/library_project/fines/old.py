from loans.models import Loan  # finds: import loans


def of(reader, async=False):
    try:
        return reader.loan_set.all()  # finds: reverse-accessor loans
    except Loan.DoesNotExist, error:
        print "no loan", error
