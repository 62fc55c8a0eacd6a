from contracts.parcels import Parcels
from seamline.module import Module

MODULE = Module(name="parcels", summary="Parcels.", serves=(Parcels,))
