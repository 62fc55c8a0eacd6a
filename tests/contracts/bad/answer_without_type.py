"""says not what it returns; annotate it, with None if nothing"""

from seamline.contract import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self, label: str): ...
