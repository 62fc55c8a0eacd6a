"""argument when: a datetime without time zone means another hour on another machine; use AwareDatetime"""

from datetime import datetime

from seamline.contract import Contract, query


class Bad(Contract, module="bad"):
    @query
    def ask(self, when: datetime) -> int: ...
