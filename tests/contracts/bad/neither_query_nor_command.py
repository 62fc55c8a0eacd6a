"""is neither a query nor a command; decorate it with @query or @command"""

from seamline.contract import Contract


class Bad(Contract, module="bad"):
    def ask(self) -> int: ...
