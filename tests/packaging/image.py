"""The Dockerfile, read far enough to do without an engine what its image would do."""

import json
import re
import shlex
from dataclasses import dataclass
from typing import Self

from tests.processes import REPOSITORY

DOCKERFILE = REPOSITORY / "Dockerfile"
WORKDIR = "/app"


@dataclass(frozen=True)
class Image:
    """What the last stage says of the image."""

    user: str
    environment: dict[str, str]
    """With this repository in the place of the image's folder."""
    command: list[str]
    health_check: list[str]
    stop_signal: str

    @classmethod
    def described(cls) -> Self:
        """The image of this repository's Dockerfile."""
        text = re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE.read_text()).replace("\\\n", "")
        last_stage = re.split(r"(?m)^FROM ", text)[-1]
        said = dict(re.findall(r"(?m)^([A-Z]+) (.+)$", last_stage))
        variables = (word.split("=", 1) for word in shlex.split(said["ENV"]))
        return cls(
            user=said["USER"],
            environment={name: value.replace(WORKDIR, str(REPOSITORY)) for name, value in variables},
            command=json.loads(said["CMD"]),
            health_check=json.loads(said["HEALTHCHECK"].partition("CMD ")[2]),
            stop_signal=said["STOPSIGNAL"],
        )
