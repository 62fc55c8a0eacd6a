"""A survey as one page to look at, with nothing to be fetched."""

import json
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from extraction.survey.kinds import KINDS
from extraction.survey.model import Coupling
from extraction.survey.price import Cost
from extraction.survey.report import Survey

_PAGE = Path(__file__).parent / "page"


def as_html(survey: Survey) -> str:
    """Put the page together: its style, its script and its data stand in it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGE), undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True
    )
    return environment.get_template("page.html").render(
        project=Path(survey.findings.root).name,
        style=_own("page.css"),
        scripts=[_own(name) for name in ("state.js", "views.js", "graph.js", "page.js")],
        data=_in_script(_data(survey)),
    )


def _own(name: str) -> Markup:
    return Markup((_PAGE / name).read_text(encoding="utf-8"))  # noqa: S704  our own file  # nosec B704


def _in_script(data: Any) -> Markup:
    """JSON that cannot end the element that it stands in."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704  # nosec B704


def _data(survey: Survey) -> dict[str, Any]:
    found = survey.findings
    labels = _arranged(survey)
    numbers = {label: at for at, label in enumerate(labels)}
    kinds = [kind for kind in KINDS.values() if any(coupling.kind == kind.name for coupling in found.couplings)]
    paths = sorted({coupling.path for coupling in found.couplings})
    at_path, at_kind = ({key: at for at, key in enumerate(keys)} for keys in (paths, [kind.name for kind in kinds]))
    order = {step.app: step for step in survey.steps}
    staying = {each.app: each for each in survey.staying}
    groups = {app: at for at, group in enumerate(survey.clusters) for app in group}

    def row(coupling: Coupling) -> list[Any]:
        ends = [numbers[coupling.source], numbers.get(coupling.target, -1)]
        return [at_kind[coupling.kind], *ends, at_path[coupling.path], coupling.line, coupling.text]

    def app(label: str) -> dict[str, Any]:
        one = found.apps[label]
        judged = order.get(label) or staying[label]
        return {
            "label": label,
            "package": one.package,
            "lines": one.lines,
            "models": one.models,
            "cluster": groups.get(label, -1),
            "library": label in survey.libraries,
            "price": judged.alone,
            "costs": [_cost(cost) for cost in judged.costs],
            "reason": staying[label].reason if label in staying else "",
            "remark": order[label].remark if label in order else "",
        }

    return {
        "project": Path(found.root).name,
        "files": found.files,
        "lines": found.lines,
        "apps": [app(label) for label in labels],
        "kinds": [[kind.name, kind.title, kind.remedy] for kind in kinds],
        "paths": paths,
        "couplings": [row(coupling) for coupling in found.couplings],
        "cycles": [cycle.apps for cycle in survey.cycles],
        "order": [[numbers[step.app], step.price] for step in survey.steps],
        "staying": [numbers[each.app] for each in survey.staying],
        "notes": found.notes,
        "unreadable": [f"{each.path}:{each.line}: {each.reason}" for each in found.unreadable],
    }


def _cost(cost: Cost) -> list[Any]:
    return [KINDS[cost.kind].title, cost.places, cost.price]


def _arranged(survey: Survey) -> list[str]:
    """The apps so that those which belong together stand together, and libraries come last."""
    grouped = [label for group in survey.clusters for label in group]
    others = [label for label in survey.findings.apps if label not in grouped and label not in survey.libraries]
    return [*grouped, *others, *survey.libraries]
