"""What patients owe."""

from seamline.contract import Category, Contract, ContractError, Event, Value, command, query


class AlreadyCharged(ContractError, category=Category.CONFLICT):
    """The appointment has an invoice already."""

    appointment: int


class Invoice(Value):
    """What was charged for an appointment, in cents."""

    number: int
    cents: int


class InvoiceIssued(Event, key="number"):
    """Somebody owes something."""

    number: int
    cents: int


class Billing(Contract, module="billing"):
    """Invoices for appointments."""

    @query
    def owed(self, appointment: int) -> int: ...

    @command(raises=(AlreadyCharged,))
    def charge(self, appointment: int, cents: int) -> Invoice: ...
