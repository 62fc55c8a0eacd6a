"""argument basket: Basket.lines: Line can be changed after it was made; derive it from Value"""

import msgspec

from seamline.contract import Contract, Value, query


class Line(msgspec.Struct):
    label: str


class Basket(Value):
    lines: tuple[Line, ...]


class Bad(Contract, module="bad"):
    @query
    def ask(self, basket: Basket) -> int: ...
