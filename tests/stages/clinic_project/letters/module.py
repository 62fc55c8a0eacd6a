from contracts.billing import InvoiceIssued
from seamline.module import Data, Module

MODULE = Module(name="letters", summary="What patients are told.", subscribes=(InvoiceIssued,), data=Data.SCHEMA)
