"""The shop as five FastAPI services with asyncpg: a gateway, then orders, which asks users, inventory and payments.

`SERVICE` says which of them this process is, `CLIENT` how it calls the others: `per-request` makes an httpx client for
each call, as tutorials do; `httpx` and `aiohttp` keep one.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import httpx
import jwt
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

from benchmarks.rivals import tokens

SERVICE = os.environ["SERVICE"]
CLIENT = os.environ["CLIENT"]


class Line(BaseModel):
    sku: str = Field(pattern="^[A-Z0-9][A-Z0-9-]{0,39}$")
    quantity: int = Field(ge=1, le=10_000)


class NewOrder(BaseModel):
    lines: list[Line] = Field(min_length=1, max_length=50)
    payment_method: str = Field(pattern="^[a-z]{1,20}:[A-Za-z0-9_-]{1,64}$")


class UsersOrder(NewOrder):
    customer_id: UUID


class Money(BaseModel):
    amount: int
    currency: str


class OrderLine(Line):
    name: str
    price: Money


class Order(BaseModel):
    id: UUID
    customer_id: UUID
    status: str
    lines: list[OrderLine]
    discount: Money
    total: Money
    payment_id: UUID | None
    coupon: str | None
    created_at: datetime
    nickname: str


class Profile(BaseModel):
    id: UUID
    nickname: str


class Reserve(BaseModel):
    order_id: UUID
    lines: list[Line]


class Authorise(BaseModel):
    order_id: UUID
    customer_id: UUID
    amount: Money
    method: str


class Payment(BaseModel):
    id: UUID
    status: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    if SERVICE != "gateway":
        app.state.db = await asyncpg.create_pool(os.environ[f"{SERVICE.upper()}_DB"], min_size=8, max_size=8)
    app.state.client = {"httpx": httpx.AsyncClient, "aiohttp": aiohttp.ClientSession}.get(CLIENT, lambda: None)()
    yield


application = FastAPI(lifespan=lifespan)
gateway, orders, users, inventory, payments = (APIRouter() for _ in range(5))


async def ask(method: str, service: str, path: str, body: BaseModel | None = None) -> Any:
    """Call another service, by the client that is being measured."""
    url = f"{os.environ[f'{service.upper()}_URL']}{path}"
    sent = body.model_dump(mode="json") if body else None
    if CLIENT == "aiohttp":
        async with application.state.client.request(method, url, json=sent) as response:
            return checked(response.status, await response.json())
    if CLIENT == "httpx":
        answer = await application.state.client.request(method, url, json=sent)
    else:
        async with httpx.AsyncClient() as client:
            answer = await client.request(method, url, json=sent)
    return checked(answer.status_code, answer.json())


def checked(status: int, answer: Any) -> Any:
    if status >= 400:
        raise HTTPException(status, answer)
    return answer


def user(authorization: Annotated[str, Header()]) -> UUID:
    try:
        return UUID(tokens.user_of(authorization))
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error


@gateway.post("/api/v1/orders", status_code=201)
async def place(new: NewOrder, customer: Annotated[UUID, Depends(user)]) -> Order:
    return Order(**await ask("POST", "orders", "/orders", UsersOrder(**dict(new), customer_id=customer)))


@orders.post("/orders", status_code=201)
async def place_order(new: UsersOrder) -> Order:
    profile = await ask("GET", "users", f"/users/{new.customer_id}")
    async with application.state.db.acquire() as db:
        order = await accept(db, new, profile["nickname"])
    await ask("POST", "inventory", "/reservations", Reserve(order_id=order.id, lines=new.lines))
    wanted = Authorise(order_id=order.id, customer_id=new.customer_id, amount=order.total, method=new.payment_method)
    order.payment_id = UUID((await ask("POST", "payments", "/payments", wanted))["id"])
    order.status = "confirmed"
    await application.state.db.execute(
        "UPDATE orders SET status = $1, payment_id = $2 WHERE id = $3", order.status, order.payment_id, order.id
    )
    return order


async def accept(db: asyncpg.Connection, new: UsersOrder, nickname: str) -> Order:
    rows = await db.fetch(
        "SELECT sku, name, price FROM product WHERE active AND sku = ANY($1)", [line.sku for line in new.lines]
    )
    found = {row["sku"]: row for row in rows}
    total = sum(found[line.sku]["price"] * line.quantity for line in new.lines)
    lines = [
        OrderLine(
            **dict(line),
            name=found[line.sku]["name"],
            price=Money(amount=found[line.sku]["price"], currency="EUR"),
        )
        for line in new.lines
    ]
    number = uuid4()
    async with db.transaction():
        created = await db.fetchval(
            "INSERT INTO orders (id, customer_id, status, currency, discount, total, payment_method)"
            " VALUES ($1, $2, 'pending', 'EUR', 0, $3, $4) RETURNING created_at",
            *(number, new.customer_id, total, new.payment_method),
        )
        await db.executemany(
            "INSERT INTO order_line (order_id, sku, name, quantity, price) VALUES ($1, $2, $3, $4, $5)",
            [(number, line.sku, line.name, line.quantity, line.price.amount) for line in lines],
        )
    return Order(
        id=number,
        customer_id=new.customer_id,
        status="pending",
        lines=lines,
        discount=Money(amount=0, currency="EUR"),
        total=Money(amount=total, currency="EUR"),
        payment_id=None,
        coupon=None,
        created_at=created,
        nickname=nickname,
    )


@users.get("/users/{user_id}")
async def profile(user_id: UUID) -> Profile:
    nickname = await application.state.db.fetchval("SELECT nickname FROM account WHERE id = $1 AND is_active", user_id)
    if nickname is None:
        raise HTTPException(404)
    return Profile(id=user_id, nickname=nickname)


@inventory.post("/reservations")
async def reserve(wanted: Reserve) -> Reserve:
    async with application.state.db.acquire() as db, db.transaction():
        await db.execute("INSERT INTO reservation (order_id, state) VALUES ($1, 'held')", wanted.order_id)
        for line in sorted(wanted.lines, key=lambda line: line.sku):
            held = await db.execute(
                "UPDATE stock SET reserved = reserved + $2 WHERE sku = $1 AND on_hand >= reserved + $2",
                *(line.sku, line.quantity),
            )
            if held != "UPDATE 1":
                raise HTTPException(409)
        await db.executemany(
            "INSERT INTO reservation_line (order_id, sku, quantity) VALUES ($1, $2, $3)",
            [(wanted.order_id, line.sku, line.quantity) for line in wanted.lines],
        )
    return wanted


@payments.post("/payments")
async def authorise(wanted: Authorise) -> Payment:
    number = uuid4()
    await application.state.db.execute(
        "INSERT INTO payment (id, order_id, customer_id, amount, currency, method, status)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'authorised')",
        *(number, wanted.order_id, wanted.customer_id, wanted.amount.amount, wanted.amount.currency, wanted.method),
    )
    return Payment(id=number, status="authorised")


application.include_router(
    {"gateway": gateway, "orders": orders, "users": users, "inventory": inventory, "payments": payments}[SERVICE]
)
