from modules.payments import reconciliation


def reconcile() -> None:
    """Finish what providers owe an answer for, and compare their records with the ledger."""
    reconciliation.run()
