from contracts.depots import Depots
from seamline.module import Module

MODULE = Module(name="depots", summary="Room for parcels.", serves=(Depots,))
