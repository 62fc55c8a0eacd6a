"""A survey for code scanning: SARIF 2.1.0."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from extraction.survey.kinds import KINDS
from extraction.survey.model import Coupling, Unreadable
from extraction.survey.report import Survey

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(survey: Survey) -> dict[str, Any]:
    """One run: a rule for each kind of coupling, a result for each place, a notification for what was not read."""
    return sarif(survey.findings.couplings, survey.findings.unreadable, "note")


def sarif(couplings: Iterable[Coupling], unreadable: Iterable[Unreadable], level: str) -> dict[str, Any]:
    """Couplings, of a survey or of a check, all of one level."""
    kinds = list(KINDS)
    seen: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "seam survey", "rules": [_rule(name) for name in kinds]}},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [_notification(each) for each in unreadable],
                    }
                ],
                "results": [_result(each, kinds.index(each.kind), level, seen) for each in couplings],
            }
        ],
    }


def _rule(name: str) -> dict[str, Any]:
    kind = KINDS[name]
    return {
        "id": kind.name,
        "shortDescription": {"text": kind.title},
        "help": {"text": kind.remedy},
        "defaultConfiguration": {"level": "note"},
        "properties": {"weight": kind.weight},
    }


def _result(found: Coupling, index: int, level: str, seen: Counter[str]) -> dict[str, Any]:
    # What stays when lines move: the same thing used a second time in a file is told apart by its number.
    identity = "\0".join((found.kind, found.path, found.source, found.target, found.text))
    seen[identity] += 1
    digest = hashlib.sha256(f"{identity}\0{seen[identity]}".encode()).hexdigest()
    return {
        "ruleId": found.kind,
        "ruleIndex": index,
        "level": level,
        "message": {"text": f"{found.source} depends on {found.target}: {found.text}"},
        "locations": [_location(found.path, found.line)],
        "partialFingerprints": {"coupling/v1": digest},
        "properties": {"source": found.source, "target": found.target, "thing": found.thing},
    }


def _notification(each: Unreadable) -> dict[str, Any]:
    return {"level": "warning", "message": {"text": each.reason}, "locations": [_location(each.path, each.line)]}


def _location(path: str, line: int) -> dict[str, Any]:
    place = {"uri": quote(path), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": place, "region": {"startLine": max(line, 1)}}}
