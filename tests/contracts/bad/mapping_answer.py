"""dict[str, int] cannot cross between modules; declare a Value with a field per key, or tuple[Pair, ...]"""

from seamline.contract import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self) -> dict[str, int]: ...
