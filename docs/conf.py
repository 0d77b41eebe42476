# The book: `meson compile -C build docs`.
import importlib.util
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

project = "SimSiam, from the kernel up"
html_title = project
extensions = ["myst_parser", "excerpts"]
source_suffix = {".md": "markdown"}
html_theme = "furo" if importlib.util.find_spec("furo") else "alabaster"
html_show_copyright = False
html_show_sphinx = False
highlight_language = "none"
if html_theme == "furo":
    html_theme_options = {"light_css_variables": {"code-font-size": "75%"}}  # so that 100 columns fit
