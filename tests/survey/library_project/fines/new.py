from loans.models import Loan  # finds: import loans


class Box[T: (int, Loan)]:
    def take[S](self, loan: Loan) -> S:
        return loan.note_set.get()


def sure(loan: Loan):
    try:
        return loan.note_set.get()
    except Loan.DoesNotExist, TypeError, ValueError:
        return None


type Boxes = list[Box]
