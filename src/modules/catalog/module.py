from contracts.catalog import Catalog
from kernel.module import Module

MODULE = Module(
    name="catalog",
    summary="Products and prices.",
    serves=(Catalog,),
)
