from contracts.notes import Notes
from contracts.parcels import ParcelSent
from seamline.module import Module

MODULE = Module(name="notes", summary="What happened, in words.", serves=(Notes,), subscribes=(ParcelSent,))
