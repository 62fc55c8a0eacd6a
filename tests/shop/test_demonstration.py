"""What `manage.py serve` tells whoever tries the shop: who may log in, and that they may."""

from tests.processes import Yard
from tests.shop import PASSWORD, Shop


def test_it_says_who_may_log_in(the_yard: Yard) -> None:
    with the_yard.deployable("demonstration") as served:
        said = served.start().log.read_text()
        for login in ("ada@example.com", "staff@example.com", "admin"):
            assert login in said
        assert PASSWORD in said
        assert Shop(served.client).staff.get("/users/me").expect(200)
        served.stop()
