"""Metrics: what each process counts, and what is read when it is asked for."""

from collections.abc import Iterator

from prometheus_client.metrics import MetricWrapperBase

from docs.site.reference.declared import code, table
from seamline.observability import metrics
from seamline.operations import gauges


def page() -> str:
    """Write the page."""
    head = ("metric", "kind", "labels", "")
    return (
        "At `/metrics` of each deployable, in the format of Prometheus, beside what its client tells of the process. "
        "A name ends with `_total` where it is a counter's, and with `_bucket`, `_sum` and `_count` where it is a "
        "histogram's. [Operate](../operate.md#metrics) says what to do with them.\n\n## Counted by each process\n\n"
        + table(head, sorted(counted()))
        + "\n## Read from the databases\n\nThe same, whichever process is asked.\n\n"
        + table(head, sorted(read()))
    )


def counted() -> Iterator[tuple[str, ...]]:
    """List what is counted, as its declarations have it."""
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            [family] = metric.describe()
            ends = "_total" if family.type == "counter" else ""
            yield code(family.name + ends), family.type, labels(metric._labelnames), family.documentation


def read() -> Iterator[tuple[str, ...]]:
    """List what is read."""
    for collector in (gauges.WorkGauges(), gauges.RuntimeInfo()):
        for family in collector.describe():
            yield code(family.name), family.type, labels(family._labelnames), family.documentation


def labels(names: tuple[str, ...]) -> str:
    """Write the names of labels."""
    return ", ".join(map(code, names))
