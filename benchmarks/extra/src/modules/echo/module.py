from contracts.echo import Echo
from seamline.module import Module

MODULE = Module(name="echo", summary="Gives back what it gets.", serves=(Echo,))
