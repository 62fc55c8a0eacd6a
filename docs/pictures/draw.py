"""Draw the pictures of the overviews, as SVG that reads on a dark page and on a light one.

python docs/pictures/draw.py
"""

from html import escape
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
LINE = 18
STYLE = """
    svg { --page: #ffffff; --ink: #16203a; --soft: #55617b; --edge: #aab5c8; --area: #f4f6fa; --box: #ffffff;
          --call: #4338ca; --event: #c2570c; --away: #0f766e }
    @media (prefers-color-scheme: dark) {
      svg { --page: #0f1523; --ink: #eef2fb; --soft: #a9b4cb; --edge: #55617b; --area: #182135; --box: #212c45;
            --call: #a5b4fc; --event: #fdba74; --away: #5eead4 }
    }
    text { font: 13px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: var(--soft) }
    .name { font-size: 14px; font-weight: 650; fill: var(--ink) }
    .code { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink) }
    .middle { text-anchor: middle }
    .page { fill: var(--page) }
    .area { fill: var(--area); stroke: var(--edge) }
    .box { fill: var(--box); stroke: var(--edge); stroke-width: 1.5 }
    .call { stroke: var(--call) } .event { stroke: var(--event) } .away { stroke: var(--away) }
    .arrow { fill: none; stroke-width: 2 }
    .tip { stroke: none }
    .tip.call { fill: var(--call) } .tip.event { fill: var(--event) } .tip.away { fill: var(--away) }
"""


class Box(NamedTuple):
    """Where a box lies, for arrows to begin and end at its edges, so far from its corner."""

    x: int
    y: int
    width: int
    height: int

    def top(self, along: int) -> tuple[int, int]:
        return self.x + along, self.y

    def bottom(self, along: int) -> tuple[int, int]:
        return self.x + along, self.y + self.height

    def left(self, down: int) -> tuple[int, int]:
        return self.x, self.y + down

    def right(self, down: int) -> tuple[int, int]:
        return self.x + self.width, self.y + down


class Picture:
    """One picture: areas are processes and databases, boxes what acts, arrows who hands what to whom."""

    def __init__(self, name: str, width: int, height: int, title: str, description: str) -> None:
        self.name, self.width, self.height = name, width, height
        self.title, self.description = title, description
        self.parts: list[str] = []

    def area(self, x: int, y: int, width: int, height: int, title: str, indent: int = 16) -> None:
        """Draw a process or a database around what is in it."""
        self.parts.append(f'<rect class="area" x="{x}" y="{y}" width="{width}" height="{height}" rx="14"/>')
        self.text(x + indent, y + 26, title, "name")

    def box(self, x: int, y: int, width: int, title: str, *lines: str, kind: str = "") -> Box:
        """Draw what acts, with what it does; a line in backticks is code."""
        height = 36 + LINE * len(lines)
        self.parts.append(f'<rect class="box {kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="10"/>')
        self.text(x + 14, y + 24, title, "name")
        for number, line in enumerate(lines, 1):
            self.text(x + 14, y + 24 + LINE * number, line)
        return Box(x, y, width, height)

    def text(self, x: int, y: int, text: str, kind: str = "") -> None:
        """Write a line; code where it stands in backticks."""
        if text.startswith("`"):
            text, kind = text.strip("`"), f"{kind} code"
        self.parts.append(f'<text class="{kind.strip()}" x="{x}" y="{y}">{escape(text)}</text>')

    def arrow(self, kind: str, *points: tuple[int, int]) -> None:
        """Draw a line through points, with its tip at the last."""
        (x0, y0), (x, y) = points[-2:]
        dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
        tip = f"M{x} {y}L{x - 10 * dx - 5 * dy} {y - 10 * dy - 5 * dx}L{x - 10 * dx + 5 * dy} {y - 10 * dy + 5 * dx}z"
        line = " ".join(f"{a},{b}" for a, b in (*points[:-1], (x - 6 * dx, y - 6 * dy)))
        self.parts.append(f'<polyline class="arrow {kind}" points="{line}"/><path class="tip {kind}" d="{tip}"/>')

    def svg(self) -> str:
        """Return the whole as a document."""
        parts = "\n  ".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-labelledby="title description">\n'
            f'  <title id="title">{escape(self.title)}</title>\n'
            f'  <desc id="description">{escape(self.description)}</desc>\n'
            f"  <style>{STYLE}  </style>\n"
            f'  <rect class="page" width="{self.width}" height="{self.height}" rx="16"/>\n  {parts}\n</svg>\n'
        )


def contract_call() -> Picture:
    picture = Picture(
        "contract-call",
        1040,
        560,
        "How a contract call travels",
        "A module calls a proxy, which asks the topology where the called module lives. If it is here, the server in "
        "the same process runs its function. If it lives elsewhere, the client posts the call to the endpoint of "
        "another process, whose server runs the same function.",
    )
    picture.area(20, 20, 640, 520, "The caller's process")
    picture.area(700, 20, 320, 520, "The service's process")
    serving = ("a context of its own", "arguments decoded", "the stored answer of a key", "only declared errors leave")
    module = picture.box(40, 64, 280, "orders, a module", "`call(Inventory).reserve(…)`")
    checks = ("no transaction open", "what is left of the deadline", "a key for a command", "arguments encoded")
    proxy = picture.box(40, 164, 280, "proxy", *checks, kind="call")
    topology = picture.box(40, 318, 280, "topology", "where does inventory live?", kind="call")
    here = picture.box(380, 64, 260, "inventory, a module", "`def reserve(…)  # service.py`")
    server = picture.box(380, 164, 260, "server", *serving, kind="call")
    client = picture.box(
        40,
        424,
        600,
        "client",
        "bulkhead: 8 calls under way · circuit breaker: 5 failures, 2 seconds",
        "3 attempts with jitter, inside the deadline and the retry budget",
        "connections that are kept",
        kind="away",
    )
    away = picture.box(720, 64, 280, "inventory, a module", "`def reserve(…)  # service.py`")
    far_server = picture.box(720, 164, 280, "server", *serving, kind="away")
    arrival = ("a service token for inventory", "deadline, key, request id, trace", "or on, where it moved again")
    endpoint = picture.box(720, 424, 280, "endpoint", *arrival, kind="away")
    picture.arrow("call", module.bottom(140), proxy.top(140))
    picture.arrow("call", proxy.bottom(140), topology.top(140))
    picture.arrow("call", topology.right(27), (350, topology.y + 27), (350, 218), server.left(54))
    picture.text(358, 330, "here")
    picture.arrow("call", server.top(130), here.bottom(130))
    picture.arrow("away", topology.bottom(140), client.top(140))
    picture.text(194, 404, "at a URL: INVENTORY_URL, or GATEWAY_URL")
    picture.arrow("away", client.right(45), endpoint.left(45))
    picture.text(664, 458, "`POST`")
    picture.arrow("away", endpoint.top(140), far_server.bottom(140))
    picture.arrow("away", far_server.top(140), away.bottom(140))
    return picture


def event() -> Picture:
    picture = Picture(
        "event",
        1040,
        580,
        "How an event travels",
        "A module publishes in its transaction, which writes a row per subscriber to its outbox. The scheduler of a "
        "process is woken by the commit, or by NOTIFY, or looks by itself. The delivery pool, or a Celery worker, "
        "claims due rows under a lease and delivers them by a contract call to the subscriber's mailbox, which writes "
        "the inbox and has the handler run in one transaction. Then the rows are settled.",
    )
    picture.area(20, 20, 300, 540, "orders' database")
    picture.area(370, 20, 330, 540, "A process of the deployable")
    picture.area(740, 20, 280, 540, "users, wherever it lives")
    change = picture.box(40, 60, 260, "one transaction", "the order", "`publish(OrderCreated(…))`", kind="event")
    outbox = picture.box(40, 182, 260, "outbox", "a row for users", "a row for notifications", kind="event")
    seen = ("woken by a commit in this process,", "by NOTIFY from another, or by", "the clock: for whom is work due?")
    scheduler = picture.box(390, 60, 290, "scheduler, one thread", *seen, kind="event")
    pool = picture.box(
        390, 182, 290, "delivery pool", "two threads for each subscriber,", "or Celery: a queue for each", kind="event"
    )
    claimed = ("up to 50 due rows, for 20 seconds", "the attempt's number is the fence", "in order for each key")
    lease = picture.box(390, 286, 290, "lease", *claimed, kind="event")
    call = picture.box(
        390, 424, 290, "contract call", "`call(mailbox).deliver(…)`", "here or at a URL, as any other", kind="call"
    )
    mailbox = picture.box(760, 424, 240, "mailbox", "all of a batch, or none", "10 seconds at most", kind="call")
    effect = picture.box(
        760, 286, 240, "one transaction", "inbox: who has it already?", "`on_order_created(event)`", kind="event"
    )
    stored = picture.box(760, 60, 240, "users' database", "inbox and points, or neither")
    picture.arrow("event", change.bottom(130), outbox.top(130))
    picture.arrow("event", change.right(36), scheduler.left(36))
    picture.text(324, 88, "wakes")
    picture.arrow("event", scheduler.bottom(145), pool.top(145))
    picture.arrow("event", pool.bottom(145), lease.top(145))
    picture.arrow("event", lease.left(45), (230, lease.y + 45), outbox.bottom(190))
    picture.text(244, 322, "claims")
    picture.arrow("call", lease.bottom(145), call.top(145))
    picture.arrow("call", call.right(36), mailbox.left(36))
    picture.arrow("event", mailbox.top(120), effect.bottom(120))
    picture.arrow("event", effect.top(120), stored.bottom(120))
    picture.arrow("event", call.left(36), (90, call.y + 36), outbox.bottom(50))
    picture.text(104, 450, "settles, by what came back")
    picture.text(40, 488, "handled: done")
    picture.text(40, 506, "failed: tried after a backoff with jitter,")
    picture.text(40, 524, "at the twelfth time a dead letter")
    picture.text(40, 544, "unreachable: back off, never dead of it")
    return picture


def leaving() -> Picture:
    picture = Picture(
        "leaving",
        1040,
        480,
        "How a module leaves",
        "Check, extract, verify, copy the data, set the address: then the service serves. Finish removes the code from "
        "the monolith; fold brings it back; until finish, unsetting the address and copying the data back is enough.",
    )
    picture.area(20, 20, 1000, 190, "At home: the monolith serves the module")
    picture.area(20, 260, 1000, 200, "Elsewhere: the service serves it, and the monolith is its gateway", indent=220)
    steps = (
        ("check", "what stands in", "the way: path,", "line, remedy"),
        ("extract", "a repository of", "its own, started", "and asked once"),
        ("verify", "the same requests", "to both, answers", "compared"),
        ("data copy", "writers stopped;", "every table's", "checksum equal"),
        ("the setting", "`INVENTORY_URL`", "calls, events and", "requests go there"),
    )
    boxes = [
        picture.box(40 + 199 * number, 62, 164, name, *lines, kind="away" if number == 4 else "call")
        for number, (name, *lines) in enumerate(steps)
    ]
    for before, after in pairwise(boxes):
        picture.arrow("call", before.right(45), after.left(45))
    picture.text(40, 186, "These three change nothing that runs.")
    away = picture.box(
        764, 306, 236, "the service", "the same addresses, the same", "documentation and contract", kind="away"
    )
    finish = picture.box(
        420, 306, 260, "finish", "its code goes; manifest, contract", "and OpenAPI document stay", kind="away"
    )
    fold = picture.box(90, 306, 246, "fold", "its code and data come home", "`fold … --data`", kind="call")
    picture.arrow("away", boxes[-1].bottom(82), (boxes[-1].x + 82, away.y))
    picture.arrow("away", away.left(36), finish.right(36))
    picture.arrow("call", finish.left(36), fold.right(36))
    picture.arrow("call", fold.top(123), (fold.x + 123, 210))
    picture.arrow("call", away.bottom(118), (away.x + 118, 424), (52, 424), (52, 210))
    picture.text(330, 442, "before finish: copy the data back, and unset the setting")
    return picture


PICTURES = (contract_call, event, leaving)

if __name__ == "__main__":
    for draw in PICTURES:
        picture = draw()
        (FOLDER / f"{picture.name}.svg").write_text(picture.svg())
