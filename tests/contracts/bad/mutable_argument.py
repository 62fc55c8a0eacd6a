"""argument lines: list[int] cannot cross between modules; use tuple[T, ...]"""

from seamline.contract import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self, lines: list[int]) -> int: ...
