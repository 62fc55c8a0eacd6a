"""`make bench`: each subject measured beside its rivals and beside the physical limit, in the same run."""

SUBJECTS = (
    "contract_call",
    "events",
    "orders",
    "reads",
    "gateway",
    "extraction",
    "survey",
    "data_copy",
    "start",
    "modules",
    "probes",
)
"""Files in `subjects/`, in the order that they are measured in."""
