"""*shades: str has no fixed place; list every argument by name"""

from seamline.contract import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self, *shades: str) -> int: ...
