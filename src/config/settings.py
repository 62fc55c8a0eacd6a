"""Django's settings: the runtime makes them, from the environment. What is said here before the call stays."""

from pathlib import Path

from config import identity
from seamline import deployable

BASE_DIR = Path(__file__).resolve().parents[2]

globals().update(deployable.settings(globals(), identity=identity, standalone=True))
