"""The shop's reads as one FastAPI service with asyncpg pools."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

from benchmarks.rivals import tokens


class Money(BaseModel):
    amount: int
    currency: str


class OrderLine(BaseModel):
    sku: str
    name: str
    quantity: int
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


class Product(BaseModel):
    sku: str
    name: str
    description: str
    price: Money
    active: bool


class Products(BaseModel):
    results: list[Product]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.orders = await asyncpg.create_pool(os.environ["ORDERS_DB"], min_size=8, max_size=8)
    app.state.users = await asyncpg.create_pool(os.environ["USERS_DB"], min_size=8, max_size=8)
    yield


application = FastAPI(lifespan=lifespan)


def user(authorization: Annotated[str, Header()]) -> UUID:
    try:
        return UUID(tokens.user_of(authorization))
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error


@application.get("/api/v1/orders/{order_id}")
async def order(order_id: UUID, customer: Annotated[UUID, Depends(user)]) -> Order:
    async with application.state.orders.acquire() as db:
        row = await db.fetchrow("SELECT * FROM orders WHERE id = $1 AND customer_id = $2", order_id, customer)
        if row is None:
            raise HTTPException(404)
        lines = await db.fetch("SELECT sku, name, quantity, price FROM order_line WHERE order_id = $1", order_id)
    nickname = await application.state.users.fetchval(
        "SELECT nickname FROM account WHERE id = $1 AND is_active", customer
    )
    found, currency = dict(row), row["currency"]
    found["discount"] = Money(amount=row["discount"], currency=currency)
    found["total"] = Money(amount=row["total"], currency=currency)
    found["lines"] = [
        OrderLine(**{**line, "price": Money(amount=line["price"], currency=currency)}) for line in map(dict, lines)
    ]
    return Order(**found, nickname=nickname)


@application.get("/api/v1/products")
async def products() -> Products:
    rows = await application.state.orders.fetch(
        "SELECT sku, name, description, price, currency, active FROM product"
        " WHERE active ORDER BY created_at DESC LIMIT 20"
    )
    return Products(
        results=[
            Product(**{**row, "price": Money(amount=row["price"], currency=row["currency"])}) for row in map(dict, rows)
        ]
    )
