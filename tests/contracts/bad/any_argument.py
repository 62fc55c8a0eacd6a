"""argument what: Any is not an immutable value; name the type"""

from typing import Any

from seamline.contract import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self, what: Any) -> int: ...
