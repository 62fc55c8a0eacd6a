from contracts.lamps import Lamps
from contracts.repairs import LampBroken
from seamline.module import Module

MODULE = Module(name="lamps", summary="Lamps.", serves=(Lamps,), subscribes=(LampBroken,))
