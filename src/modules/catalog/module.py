from contracts.catalog import Catalog
from seamline.module import Module

MODULE = Module(
    name="catalog",
    summary="Products and prices.",
    serves=(Catalog,),
)
