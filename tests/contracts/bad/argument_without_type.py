"""argument label has no type; annotate it"""

from seamline.contract import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self, label) -> int: ...
