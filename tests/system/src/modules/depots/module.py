from contracts.depots import Depots
from contracts.parcels import ParcelSent
from seamline.module import Module

MODULE = Module(name="depots", summary="Room for parcels.", serves=(Depots,), subscribes=(ParcelSent,))
