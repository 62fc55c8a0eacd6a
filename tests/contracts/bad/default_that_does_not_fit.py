"""argument limit: its default 'many' does not fit: Expected `int`, got `str`"""

from contracts.language import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self, limit: int = "many") -> int: ...
