"""Django's settings of a deployable: one call at the end of a settings file.

In a project that was there before:

    INSTALLED_APPS = […, "seamline"]
    …
    globals().update(deployable.settings(globals()))

    project     what somebody's own settings say stays; what the runtime lacks among them is added, or refused
    standalone  Django's own settings too, for a system that consists of modules
    composition the call: what both have in common, from the environment and from what the file says
    names       which settings it makes, and of what kind they are
"""

from seamline.deployable.composition import Identity, settings
from seamline.deployable.names import NAMES

__all__ = ["NAMES", "Identity", "settings"]
