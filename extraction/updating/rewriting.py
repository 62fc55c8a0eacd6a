"""What this version of the tool writes in place of what an older one wrote, with the options that it recorded."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from extraction.processes.errors import Refused
from extraction.reading.layout import LAYERS
from extraction.updating import locks
from extraction.writing import new_system, plan, rendering, runtime_wheel, tool_wheel, writer
from extraction.writing.new_system import System
from extraction.writing.plan import File
from extraction.writing.rendering import Subject
from extraction.writing.written_record import Record

NEW = "new"
T = TypeVar("T")
_LATER = "it was written by a later version, or changed by hand"


def rewrite(record: Record) -> tuple[File, ...]:
    """Work out every file as this version writes it, by path. Raises `Refused` where the record does not tell enough.

    What a service has of its module, of contracts and of helpers of tests stays as it was written.
    """
    commands = {writer.COMMAND: _rewrite_service, NEW: _rewrite_system}
    command, options = record.manifest.command, record.manifest.options
    if command not in commands:
        raise Refused(f"the record says that `{command}` wrote it, which this version does not know: {_LATER}")
    files = commands[command](record, options)
    return tuple(files[path] for path in sorted(files))


def renew_options(record: Record) -> dict[str, Any]:
    """Give the options as this version would record them: with all that it may know and an older one did not."""
    options = dict(record.manifest.options)
    if record.manifest.command == writer.COMMAND:
        options["subject"] = msgspec.to_builtins(_convert(options.get("subject", {}), Subject))
    return options


def _rewrite_system(record: Record, options: Mapping[str, Any]) -> dict[str, File]:
    return {file.path: file for file in new_system.plan_files(_convert(options, System))}


def _rewrite_service(record: Record, options: Mapping[str, Any]) -> dict[str, File]:
    subject = _convert(options.get("subject", {}), Subject)
    written = {file.path: file for file in record.files}
    files = {path: file for path, file in written.items() if _is_own(path, subject)}
    files |= {file.path: file for file in plan.general_files(subject.module, subject.place)}
    files |= {
        path: File(path, text.encode(), executable=text.startswith("#!")) for path, text in rendering.render(subject)
    }
    texts = {path: file.content.decode() for path, file in written.items() if _may_require(path, subject)}
    wheels = (runtime_wheel.find(), tool_wheel.find())
    files |= {path: File(path, text.encode()) for path, text in locks.rewrite(texts, *wheels).items()}
    if not options.get("index"):
        files |= {wheel.path: File(wheel.path, wheel.content) for wheel in wheels}
    return files


def _is_own(path: str, subject: Subject) -> bool:
    """Whether a file comes from the monolith and not from this tool."""
    if path in (plan.OPENAPI, "LICENSE"):
        return True
    helper = path.startswith("tests/") and not path.rpartition("/")[2].startswith("test_")
    if subject.place:
        # Of packages that are above it, the service has no more than that they are packages.
        above = path.startswith("src/") and path.endswith("/__init__.py") and not path.startswith(LAYERS["config"])
        helper = helper or above
    folders = (*(f"{folder}/" for folder in subject.folders), f"{LAYERS['contracts']}/")
    return helper or path.startswith(folders)


def _may_require(path: str, subject: Subject) -> bool:
    own = path.startswith(f"{subject.folder}/requirements")
    return (own or path.startswith("requirements/")) and path.endswith((".in", ".txt"))


def _convert(options: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(options, kind)
    except msgspec.ValidationError as error:
        raise Refused(f"the record does not tell what this version has to know ({error}): {_LATER}") from None
