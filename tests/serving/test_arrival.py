"""When a request is whole, told byte by byte, and of what it is not worth waiting for."""

import pytest

from seamline.runtime.serving.arrival import Arrival

WHOLE = {
    "no headers": b"GET / HTTP/1.1\r\n\r\n",
    "no body": b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n",
    "an old client": b"GET / HTTP/1.0\r\n\r\n",
    "an empty line first": b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a body": b"POST / HTTP/1.1\r\nHost: x\r\ncontent-LENGTH: 5\r\n\r\n\r\n\r\n1",
    "an empty body": b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "no chunk": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123\r\n\r\n67\r\n0\r\n\r\n",
    "a chunk like an end": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n",
    "a trailer": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\nC: d\r\n\r\n",
}
ODD = {
    "a bare line feed": b"GET / HTTP/1.1\nHost: x\r\n",
    "a bare line feed later": b"GET / HTTP/1.1\r\nHost: x\n\n",
    "no request": b"GARBAGE\r\n\r\n",
    "an expectation": b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
    "a length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a length that is none": b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    "a chunk of no size": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a chunk of a negative size": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
}


def arrivals(request: bytes) -> list[Arrival]:
    """How it looks after each of its bytes."""
    data, seen = bytearray(), []
    arrival = Arrival()
    for byte in request:
        data.append(byte)
        arrival.look(data)
        seen.append(Arrival(arrival.method, arrival.target, arrival.has_head, arrival.is_whole, arrival.is_odd))
    return seen


@pytest.mark.parametrize("request_", WHOLE.values(), ids=WHOLE)
def test_it_is_whole_with_its_last_byte_and_no_earlier(request_: bytes) -> None:
    *before, last = arrivals(request_)
    assert last.is_whole and not last.is_odd
    assert not any(one.is_whole or one.is_odd for one in before)


@pytest.mark.parametrize("request_", WHOLE.values(), ids=WHOLE)
def test_what_comes_behind_it_does_not_matter(request_: bytes) -> None:
    arrival = Arrival()
    arrival.look(bytearray(request_ + b"GET /next HTTP/1.1\r\n"))
    assert arrival.is_whole and not arrival.is_odd


@pytest.mark.parametrize("request_", ODD.values(), ids=ODD)
def test_what_will_never_be_whole_is_told_at_once(request_: bytes) -> None:
    last = arrivals(request_)[-1]
    assert last.is_odd and not last.is_whole


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/parcels?a=/b", "/parcels"),
        ("/parcels#a", "/parcels"),
        ("/%70arcels/%C3%A4", "/parcels/ä"),
        ("http://acme.example.com/parcels?a=b", "/parcels"),
        ("*", "/"),
    ],
)
def test_its_path_is_what_django_makes_of_it(target: str, path: str) -> None:
    assert arrivals(f"GET {target} HTTP/1.1\r\n\r\n".encode())[-1].path == path
