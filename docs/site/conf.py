"""Sphinx's configuration. It asks nothing of the network, neither when it builds nor when the pages are read."""

import re
from itertools import count
from pathlib import Path

import mermaidx
from sphinx.application import Sphinx

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE.parents[1] / "src/seamline/__init__.py").read_text())
MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.M | re.S)
HEADING = re.compile(r"^#+ (.+)$", re.M)

project = "Seam"
release = VERSION[1] if VERSION else ""
extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_enable_extensions = ["html_image"]
html_theme = "furo"
html_title = f"Seam {release}"
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False


def draw(app: Sphinx, name: str, source: list[str]) -> None:
    """Put a picture in the place of each block of Mermaid, so that a reader needs neither scripts nor a network."""

    numbers = count(1)

    def drawn(block: re.Match[str]) -> str:
        picture = Path(app.srcdir) / "diagrams" / f"{name.replace('/', '-')}-{next(numbers)}.svg"
        picture.parent.mkdir(exist_ok=True)
        mermaidx.render(block[1]).save(str(picture))
        *_, title = HEADING.findall(source[0][: block.start()])
        return f"![Diagram: {title}](/diagrams/{picture.name})"

    source[0] = MERMAID.sub(drawn, source[0])


def setup(app: Sphinx) -> None:
    """Have Sphinx draw before it reads."""
    app.connect("source-read", draw)
