from contracts.bell import Rang
from seamline.module import Module

MODULE = Module(name="ear", summary="Hears the bell.", subscribes=(Rang,))
