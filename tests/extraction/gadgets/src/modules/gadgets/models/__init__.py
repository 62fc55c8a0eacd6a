from modules.gadgets.models.gadget import Gadget
from modules.gadgets.models.maker import Maker

__all__ = ["Gadget", "Maker"]
