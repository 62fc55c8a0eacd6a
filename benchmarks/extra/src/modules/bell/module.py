from contracts.bell import Bell
from seamline.module import Module

MODULE = Module(name="bell", summary="Rings.", serves=(Bell,))
