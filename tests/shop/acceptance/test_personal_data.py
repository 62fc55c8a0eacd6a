"""What a customer may ask about themselves: all that is stored of them, wherever it lives, and that it goes."""

from typing import Any

from tests.client import Client
from tests.shop import PASSWORD, Customer, Shop
from tests.waiting import eventually


def stored(customer: Customer) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The records of a customer by module and kind."""
    answer = customer.client.get("/personal-data").expect(200)
    return {
        (part["module"], part["kind"]): [
            {field["name"]: field["value"] for field in record["fields"]} for record in part["records"]
        ]
        for part in answer["stored"]
    }


def erase(customer: Customer) -> dict[tuple[str, str], tuple[int, int]]:
    """What was erased and what stays, by module and kind."""
    answer = customer.client.send("DELETE", "/personal-data").expect(200)
    return {
        (part["module"], each["kind"]): (each["rows"], each["kept"])
        for part in answer["modules"]
        for each in part["erased"]
    }


def test_all_modules_tell_what_they_have_of_a_customer(shop: Shop) -> None:
    grace, other = shop.customer("Grace"), shop.customer("Somebody else")
    order = grace.bought(shop.product(stock=2))
    grace.hears("order_confirmed")
    found = stored(grace)
    assert [account["email"] for account in found["users", "account"]] == [grace.email]
    assert [line["id"] for line in found["orders", "order"]] == [order["id"]]
    assert [line["quantity"] for line in found["orders", "order_line"]] == [1]
    assert [payment["order_id"] for payment in found["payments", "payment"]] == [order["id"]]
    assert any("Welcome, Grace!" in notice["text"] for notice in found["notifications", "notification"])
    assert "password" not in str(found) and other.email not in str(found)


def test_who_is_erased_is_gone_and_the_accounts_still_add_up(shop: Shop, anonymous: Client) -> None:
    grace, other = shop.customer("Grace"), shop.customer("Somebody else")
    order = grace.bought(shop.product(stock=2))
    grace.hears("order_confirmed")
    eventually(grace.points, lambda points: points > 0)
    erased = erase(grace)
    assert erased["users", "account"] == (1, 1)
    assert erased["notifications", "notification"][1] == 0
    assert erased["orders", "order"] == (0, 1)

    anonymous.post("/auth/token", {"email": grace.email, "password": PASSWORD}).refused(401)
    grace.client.get("/users/me").refused(404)
    assert shop.staff.get(f"/orders/{order['id']}").expect(200)["total"] == order["total"]
    shop.move(order["id"], "shipped")
    assert other.client.get("/users/me").expect(200)["nickname"] == "Somebody else"
    found = stored(grace)
    assert grace.email not in str(found) and "Grace" not in str(found)
    assert erase(grace)["users", "account"] == (0, 1), "it may be asked again"
    anonymous.post("/users", {"email": grace.email, "password": PASSWORD, "nickname": "Grace"}).expect(201)


def test_nobody_is_told_or_erased_without_a_token(anonymous: Client) -> None:
    anonymous.get("/personal-data").refused(401)
    anonymous.send("DELETE", "/personal-data").refused(401)
