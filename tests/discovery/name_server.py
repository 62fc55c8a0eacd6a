"""A small name server: SRV records of one zone, by UDP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

ZONE = "shop.test"


class NameServer:
    """Answers what it was told of; NXDOMAIN for the rest, and nothing at all while it is mute."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.is_failing = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                data, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(data)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.AA
            name = query.question[0].name.to_text()
            if self.is_failing:
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif name in self.records:
                answer.answer.append(dns.rrset.from_text_list(name, 1, "IN", "SRV", self.records[name]))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            with suppress(OSError):  # closed meanwhile
                self._socket.sendto(answer.to_wire(), sender)


@contextmanager
def name_server() -> Iterator[NameServer]:
    server = NameServer()
    try:
        yield server
    finally:
        server.close()
