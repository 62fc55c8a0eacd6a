"""A connection on which anything can be said, and that tells whether anything was answered yet."""

import select
import socket
from collections.abc import Iterable
from typing import Self
from urllib.parse import urlsplit


class Raw:
    """A client that speaks byte by byte."""

    def __init__(self, base_url: str, said: bytes = b"") -> None:
        url = urlsplit(base_url)
        self.socket = socket.create_connection((url.hostname or "", url.port or 80), timeout=60)
        self.stream = self.socket.makefile("rb")
        self.say(said)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self.socket.close()

    def say(self, said: bytes) -> None:
        self.socket.sendall(said)

    def heard_nothing(self) -> bool:
        """Whether neither an answer nor the end of the connection is here."""
        return not select.select([self.socket], [], [], 0)[0]

    def status(self) -> int:
        """The status of the next answer, whose headers and body are read too."""
        status, _, _ = self.answer()
        return status

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        status = int(self.stream.readline().split()[1])
        lines = iter(lambda: self.stream.readline().decode().strip(), "")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return status, headers, self._body(headers)

    def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return self.stream.read(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return self.stream.read()
        body = b""
        while size := int(self.stream.readline(), 16):
            body += self.stream.read(size)
            self.stream.readline()
        self.stream.readline()
        return body


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """A request as it is sent: `request("GET /parcels")`."""
    length = (f"Content-Length: {len(body)}",) if body else ()
    return "\r\n".join([f"{line} HTTP/1.1", "Host: acme", *headers, *length, "", ""]).encode() + body


def all_silent(connections: Iterable[Raw]) -> bool:
    return all(one.heard_nothing() for one in connections)
