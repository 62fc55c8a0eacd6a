from contracts.lamps import Lamps
from seamline.module import Module

MODULE = Module(name="lamps", summary="Lamps.", serves=(Lamps,))
