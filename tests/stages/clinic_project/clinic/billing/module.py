from contracts.billing import Billing
from seamline.module import Data, Guards, Module

MODULE = Module(name="billing", summary="What patients owe.", serves=(Billing,), data=Data.SHARED, guards=Guards.WARN)
