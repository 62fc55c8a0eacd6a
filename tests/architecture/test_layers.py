"""The layers hold, and nothing that should be looked at goes unseen."""

import os
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

import modules

ROOT = Path(__file__).parents[2]
LINT = "from importlinter.cli import lint_imports_command as main; main()"
LAYERS = {"config": "src/config", "modules": "src/modules", "contracts": "contracts", "seamline": "src/seamline"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*LAYERS, cache_dir=None)


def test_layers_are_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--config", "importlinter.ini", "--no-cache", "--no-logo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f".{os.pathsep}src"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout
    assert "Warning" not in done.stdout, "a file that nobody sees"


def test_every_module_folder_is_seen(graph: grimp.ImportGraph) -> None:
    folders = {path.parent.name for place in modules.__path__ for path in Path(place).glob("*/*.py")}
    assert folders
    assert graph.find_children("modules") == {f"modules.{name}" for name in folders}


@pytest.mark.parametrize("layer", LAYERS)
def test_every_file_is_seen(layer: str, graph: grimp.ImportGraph) -> None:
    folder = ROOT / LAYERS[layer]
    paths = [path.relative_to(folder.parent).with_suffix("") for path in folder.rglob("*.py")]
    # Nobody can import tests, so nothing is reached through them.
    importable = [path for path in paths if "tests" not in path.parts]
    names = {".".join(path.parts).removesuffix(".__init__") for path in importable}
    assert names - graph.modules == set()


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_looked_at(layer: str) -> None:
    assert f"\n    {layer}\n" in (ROOT / "importlinter.ini").read_text().split("[importlinter:contract")[0]


def test_settings_read_the_environment_before_metrics_choose_how_to_count() -> None:
    """PROMETHEUS_MULTIPROC_DIR may stand in `.env`, and the client looks for it when it is imported."""
    look = "import sys, config.settings; sys.exit('prometheus_client' in sys.modules)"
    path = os.pathsep.join(("src", "."))
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0
