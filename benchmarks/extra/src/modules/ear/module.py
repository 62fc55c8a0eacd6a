from contracts.bell import Rang
from kernel.module import Module

MODULE = Module(name="ear", summary="Hears the bell.", subscribes=(Rang,))
