"""The echo as a FastAPI service: a validated model in, a validated model out."""

from fastapi import FastAPI
from pydantic import BaseModel, Field

application = FastAPI()


class Line(BaseModel):
    sku: str = Field(pattern="^[A-Z0-9][A-Z0-9-]{0,39}$")
    quantity: int = Field(ge=1, le=10_000)


class Lines(BaseModel):
    lines: list[Line]


@application.post("/echo")
async def echo(lines: Lines) -> Lines:
    return lines
