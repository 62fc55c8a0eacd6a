"""argument model: Model is not an immutable value; use a Value, a tuple, or a plain str, int, bool, UUID or datetime"""

from seamline.contract import Contract, query


class Model:
    pass


class Bad(Contract, module="bad"):
    @query
    def ask(self, model: Model) -> int: ...
