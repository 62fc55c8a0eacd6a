"""The shop over HTTP: with the ORM, with plain SQL, and with REST framework's serializers."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import msgspec
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from benchmarks.rivals import tokens
from benchmarks.rivals.plain import models, shop

PAGE = 20
_ORDER = """
    SELECT id, customer_id, status, discount, total, currency, payment_id, coupon, created_at
    FROM orders WHERE id = %s AND customer_id = %s
"""
_LINES = "SELECT sku, name, quantity, price FROM order_line WHERE order_id = %s"
_NICKNAME = "SELECT nickname FROM account WHERE id = %s AND is_active"
_PRODUCTS = """
    SELECT sku, name, description, price, currency, active FROM product WHERE active ORDER BY created_at DESC LIMIT %s
"""


def by_user(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let nobody in without a token."""

    @wraps(view)
    def checked(request: Any, **arguments: Any) -> Any:
        return view(request, UUID(tokens.user_of(request.META.get("HTTP_AUTHORIZATION", ""))), **arguments)

    return checked


def answer(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)


@csrf_exempt
@by_user
def place(request: HttpRequest, user: UUID) -> HttpResponse:
    return answer(shop.place(user, msgspec.json.decode(request.body, type=shop.NewOrder)), 201)


@by_user
def order(request: HttpRequest, user: UUID, order_id: UUID) -> HttpResponse:
    row = models.Order.objects.using("orders").get(id=order_id, customer_id=user)
    return answer(shop.to_order(row, shop.nickname(user)))


def products(request: HttpRequest) -> HttpResponse:
    rows = models.Product.objects.using("orders").filter(active=True).order_by("-created_at")[:PAGE]
    return answer({"results": [shop.to_product(row) for row in rows]})


@by_user
def order_sql(request: HttpRequest, user: UUID, order_id: UUID) -> HttpResponse:
    with connections["orders"].cursor() as sql, connections["users"].cursor() as users:
        sql.execute(_ORDER, [order_id, user])
        number, customer, status, discount, total, currency, payment, coupon, created = sql.fetchone()
        sql.execute(_LINES, [order_id])
        lines = [shop.OrderLine(*line, shop.Money(price, currency)) for *line, price in sql.fetchall()]
        users.execute(_NICKNAME, [user])
        [called] = users.fetchone()
    money = shop.Money(discount, currency), shop.Money(total, currency)
    return answer(shop.Order(number, customer, status, lines, *money, payment, coupon, created, called))


def products_sql(request: HttpRequest) -> HttpResponse:
    with connections["orders"].cursor() as sql:
        sql.execute(_PRODUCTS, [PAGE])
        rows = sql.fetchall()
    found = [shop.Product(*named, shop.Money(price, currency), active) for *named, price, currency, active in rows]
    return answer({"results": found})


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.OrderLine
        fields = ("sku", "name", "quantity", "price")


class OrderSerializer(serializers.ModelSerializer):
    lines = LineSerializer(many=True)

    class Meta:
        model = models.Order
        fields = (
            *("id", "customer_id", "status", "lines", "discount", "total", "currency", "payment_id", "coupon"),
            "created_at",
        )


class ProductSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Product
        fields = ("sku", "name", "description", "price", "currency", "active")


@api_view(["GET"])
@by_user
def order_drf(request: Request, user: UUID, order_id: UUID) -> Response:
    row = models.Order.objects.using("orders").get(id=order_id, customer_id=user)
    return Response({**OrderSerializer(row).data, "nickname": shop.nickname(user)})


@api_view(["GET"])
def products_drf(request: Request) -> Response:
    rows = models.Product.objects.using("orders").filter(active=True).order_by("-created_at")[:PAGE]
    return Response({"results": ProductSerializer(rows, many=True).data})
