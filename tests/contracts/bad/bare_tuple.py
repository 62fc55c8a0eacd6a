"""argument lines: a bare tuple says nothing of what it holds; write tuple[T, ...]"""

from seamline.contract import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self, lines: tuple) -> int: ...
