from loans.models import Loan  # finds: import loans


class Box[T: (int, Loan)]:
    def take[S](self, loan: Loan) -> S:
        return loan.note_set.get()


type Boxes = list[Box]
