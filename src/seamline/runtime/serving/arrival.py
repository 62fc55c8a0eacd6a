"""How much of a request is here, told from its first bytes on, before anybody parses it.

Nothing is judged. What cannot be read goes to gunicorn's parser as it is, which knows what to answer.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_FRAMING = re.compile(rb"\r\n(content-length|transfer-encoding|expect):[ \t]*([^\r\n]*)", re.IGNORECASE)
_REQUEST_LINE = re.compile(rb"(?:\r\n)?([^\s]+) ([^\s]+)")
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_END = b"\r\n\r\n"
UNKNOWN_LENGTH = 1 << 62


@dataclass(slots=True)
class Arrival:
    """The next request of a connection, while it comes in. `look` at the bytes again whenever there are more."""

    method: bytes = b""
    target: bytes = b""
    has_head: bool = False
    is_whole: bool = False
    """Whether the body is here too."""
    is_odd: bool = False
    """Whether no more will come that would make a request of it, or nothing of the body before somebody asks for it."""
    needed: int = 0
    """Bytes up to the end of the request, once that is known."""
    in_chunks: bool = False
    _looked: int = 0

    @property
    def path(self) -> str:
        """The address, as Django will know it."""
        target = self.target.partition(b"?")[0].partition(b"#")[0]
        if not target.startswith(b"/"):  # a whole URL, as proxies are asked (RFC 9112, section 3.2.2)
            target = b"/" + target.partition(b"://")[2].partition(b"/")[2]
        return unquote(target.decode("latin-1"))

    def look(self, data: bytearray) -> None:
        """Take note of what has come."""
        if not self.has_head:
            self._look_for_head(data)
        elif self.in_chunks:
            self._look_for_last_chunk(data)
        self.is_whole = self.has_head and not self.is_odd and len(data) >= self.needed

    def _look_for_head(self, data: bytearray) -> None:
        end = data.find(_END, max(0, self._looked - len(_END)))
        if _BARE_LINE_FEED.search(data, self._looked, end if end >= 0 else len(data)):
            self.has_head = self.is_odd = True  # such a head has no end
            return
        self._looked = len(data)
        if end >= 0:
            self.has_head = True
            self._read_head(bytes(data[: end + 2]), data)

    def _read_head(self, head: bytes, data: bytearray) -> None:
        self.needed = len(head) + 2
        if line := _REQUEST_LINE.match(head):
            self.method, self.target = line.groups()
        else:
            self.is_odd = True
        framing = _FRAMING.findall(head)
        self.is_odd |= len(framing) > 1
        for name, value in framing:
            match name.lower():
                case b"expect":
                    self.is_odd = True
                case b"transfer-encoding":
                    self.in_chunks = True
                case _ if value.strip().isdigit() and len(value) < 16:
                    self.needed += int(value)
                case _:
                    self.is_odd = True
        if self.in_chunks:
            self._looked, self.needed = self.needed, UNKNOWN_LENGTH
            self._look_for_last_chunk(data)

    def _look_for_last_chunk(self, data: bytearray) -> None:
        while chunk := _CHUNK_SIZE.match(data, self._looked):
            if size := int(chunk[1], 16):
                self._looked = chunk.end() + size + 2
                continue
            end = data.find(_END, chunk.end() - 2)  # that of the trailers, where there are any
            self.needed = end + len(_END) if end >= 0 else UNKNOWN_LENGTH
            return
        self.is_odd |= data.find(b"\r\n", self._looked) >= 0
