from contracts.bell import Bell
from kernel.module import Module

MODULE = Module(name="bell", summary="Rings.", serves=(Bell,))
