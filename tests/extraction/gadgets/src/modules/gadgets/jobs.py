from modules.gadgets.models import Gadget


def polish() -> None:
    """Make all gadgets shine."""
    Gadget.objects.filter(polished=False).update(polished=True)
