"""The rules: every change that is told apart, whether it breaks a promise, and why.

The measure is what really happens on the wire, in both directions: a peer from before the change calls or is called by
one from after it, and says nothing that is new. So a value set in an answer can neither grow (older callers cannot read
the new values) nor shrink (newer callers cannot read the old ones, which older servers still give), while one in an
argument may grow: a caller uses what is new only once the server it calls has it.

Compatible changes add up: what is compatible step by step is so from the first lock to the last. That is why a field,
once there, can neither go nor become required again nor change its default, even where the codec would not notice.

Measured against Buf (the names of its rules stand here in capitals: FIELD_NO_DELETE, FIELD_SAME_TYPE,
FIELD_SAME_DEFAULT, RPC_NO_DELETE, RPC_SAME_IDEMPOTENCY_LEVEL) and oasdiff 1.32. Stricter than oasdiff in five places,
which it takes for harmless to a tolerant client: errors that come or go, answers that become narrower, required fields
that answers gain, optional ones that go, and defaults that change. Here both sides decode into types, and are upgraded
one by one.
"""

from typing import NamedTuple


class Rule(NamedTuple):
    """A kind of change."""

    name: str
    breaking: bool
    says: str
    """What happened; `{}` stands for the values or names it happened to."""
    why: str


def _breaking(name: str, says: str, why: str) -> Rule:
    return Rule(name, True, says, why)


def _compatible(name: str, says: str, why: str) -> Rule:
    return Rule(name, False, says, why)


# Contracts and their operations

VERSION_ADDED = _compatible("version-added", "is new", "nobody calls it yet")
VERSION_REMOVED = _breaking(
    "version-removed",
    "is gone",
    "callers that were built with it find nobody: keep its class beside the new one, under another name, until none of "
    "them runs",
)
VERSION_RETIRED = _compatible("version-retired", "is gone", "no module declares that it calls it")
OPERATION_ADDED = _compatible("operation-added", "is new", "nobody calls it yet")
OPERATION_REMOVED = _breaking(
    "operation-removed", "is gone", "older callers get a 404; a renamed operation is a removed one"
)
KIND_CHANGED = _breaking(
    "kind-changed",
    "became a {}",
    "older callers retry a query without a key and cache its answer, and call no command inside a transaction",
)
KEY_CHANGED = _breaking(
    "key-changed",
    "{}",
    "a peer that sends no idempotency key and one that relies on it execute a retried command twice",
)
TIMEOUT_CHANGED = _compatible("timeout-changed", "may take {} s", "each caller's own deadline goes along with its call")

# Errors

ERROR_ADDED = _breaking(
    "error-added",
    "may raise {}",
    "callers know a closed list of errors, so that an older one takes this refusal for an accident (`Unexpected`), and "
    "retries or compensates where it should have told the customer; raise it from a new operation or version",
)
ERROR_REMOVED = _breaking(
    "error-removed",
    "raises {} no longer",
    "older servers still raise it, and newer callers take it for an accident (`Unexpected`); it can stay declared",
)
CATEGORY_CHANGED = _breaking(
    "category-changed", "became {}", "it is its HTTP status, which gateways and clients act on without reading further"
)

# Events

EVENT_ADDED = _compatible("event-added", "is new", "nobody listens yet")
EVENT_REMOVED = _breaking(
    "event-removed", "is gone", "its subscribers wait in vain: publish it beside what replaces it until they have moved"
)
EVENT_RETIRED = _compatible("event-retired", "is gone", "no module declares that it listens to it")
EVENT_KEY_CHANGED = _breaking(
    "event-key-changed",
    "is ordered by {}",
    "events under way are still ordered by the old key, so that a new one can overtake them",
)

# What callers send

ARGUMENT_ADDED = _compatible("argument-added", "is new", "it has a default, and older servers ignore it")
ARGUMENT_ADDED_REQUIRED = _breaking(
    "argument-added-required", "is new and required", "older callers do not send it: give it a default"
)
ARGUMENT_REFUSED = _breaking(
    "argument-refused", "is new", "its struct forbids unknown fields, so that older servers refuse newer callers"
)
ARGUMENT_REMOVED = _breaking(
    "argument-removed", "is gone", "what older callers ask for with it would be ignored without a word"
)
ARGUMENT_REQUIRED = _breaking(
    "argument-required", "became required", "callers from before it was added do not send it: leave it its default"
)
ARGUMENT_OPTIONAL = _compatible("argument-optional", "became optional", "older callers go on sending it")
ARGUMENT_NARROWED = _breaking("argument-narrowed", "cannot be {} any longer", "older callers still send it")
ARGUMENT_WIDENED = _compatible("argument-widened", "can be {} now", "older callers do not send it")
ARGUMENT_CHANGED = _breaking("argument-changed", "can be {}", "older callers still send the one, older servers want it")

# What they hear: answers, the fields of errors, events

FIELD_ADDED = _compatible("field-added", "is new", "older readers ignore it, and newer ones have its default")
FIELD_ADDED_REQUIRED = _breaking(
    "field-added-required", "is new and required", "older peers do not write it: give it a default"
)
FIELD_REFUSED = _breaking(
    "field-refused", "is new", "its struct forbids unknown fields, so that older readers refuse it"
)
FIELD_REMOVED = _breaking(
    "field-removed",
    "is gone",
    "older readers miss it, or take their default for the truth, and its name could come back with another meaning",
)
FIELD_REQUIRED = _breaking(
    "field-required", "became required", "peers from before it was added do not write it: leave it its default"
)
FIELD_OPTIONAL = _breaking(
    "field-optional", "became optional", "older readers require it, and a struct may leave out what equals its default"
)
FIELD_NARROWED = _breaking(
    "field-narrowed", "cannot be {} any longer", "older peers still write it, as do stored events"
)
FIELD_WIDENED = _breaking("field-widened", "can be {} now", "older readers cannot decode it")
FIELD_CHANGED = _breaking("field-changed", "can be {}", "neither side can read the other")

# Both ways

DEFAULT_CHANGED = _breaking(
    "default-changed",
    "was {} by default",
    "peers leave out what equals their own default, and newer callers send theirs to servers that may never have taken "
    "it: leave it as it was, and say the new value where it is wanted",
)
STRUCT_CLOSED = _compatible("struct-closed", "refuses other fields now", "older peers write none")
STRUCT_OPENED = _breaking(
    "struct-opened", "ignores other fields now", "older peers go on refusing whatever will be added to it"
)

RULES = {rule.name: rule for rule in list(globals().values()) if isinstance(rule, Rule)}
"""Every rule, by name."""
