"""argument limit: its default 'many' does not fit: Expected `int`, got `str`"""

from seamline.contract import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self, limit: int = "many") -> int: ...
