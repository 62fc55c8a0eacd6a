"""The settings of the repository, with the modules and contracts of the small system beside its own."""

from pathlib import Path

import contracts
import modules

HERE = Path(__file__).parent
for package, folder in ((modules, "src/modules"), (contracts, "contracts")):
    package.__path__.append(str(HERE / folder))

from config.settings import *  # noqa: E402, F403  they look for modules when they are imported
