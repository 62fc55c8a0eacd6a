from contracts.lamps import Lamps
from kernel.module import Module

MODULE = Module(name="lamps", summary="Lamps.", serves=(Lamps,))
