"""Excerpts of the source by anchor, for Sphinx and for tests/docs/book_test.py.

    ```{excerpt} autograd/variable.cc
    Variable detach(const Variable& x) {
    ```

stands for the lines from the one that begins with this text (indentation aside) to the end of the block that it opens.
With a second line, the excerpt ends at the next line that begins with that.
"""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def excerpt(path, first, last=None):
    """(number of the first line, the lines without common indentation). ValueError unless `first` begins one line."""
    lines = (ROOT / path).read_text().splitlines()
    found = [i for i, line in enumerate(lines) if line.strip().startswith(first)]
    if len(found) != 1:
        raise ValueError(f"{path}: {len(found)} lines begin with `{first}`; one is needed")
    begin = found[0]
    indent = len(lines[begin]) - len(lines[begin].lstrip())
    if last is None:
        ends = (i for i in range(begin, len(lines)) if re.match(rf" {{{indent}}}}}", lines[i]))
    else:
        ends = (i for i in range(begin + 1, len(lines)) if lines[i].strip().startswith(last))
    end = next(ends, None)
    if end is None:
        raise ValueError(f"{path}: no end `{last or '}'}` after `{first}`")
    return begin + 1, [re.sub(rf"^ {{0,{indent}}}", "", line) for line in lines[begin : end + 1]]


def setup(app):
    from docutils import nodes
    from sphinx.util.docutils import SphinxDirective

    class Excerpt(SphinxDirective):
        required_arguments = 1
        has_content = True

        def run(self):
            path = self.arguments[0]
            self.env.note_dependency(str(ROOT / path))
            number, lines = excerpt(path, *self.content)
            code = nodes.literal_block("\n".join(lines), "\n".join(lines), language="cpp")
            caption = nodes.caption("", f"{path}, from line {number}")
            return [nodes.container("", caption, code, literal_block=True, classes=["literal-block-wrapper"])]

    app.add_directive("excerpt", Excerpt)
    app.connect("source-read", for_sphinx)


def for_sphinx(app, name, source):
    """Plain links to READMEs outside docs/ become files to download, as those to sources do; index.md gets its tree."""
    source[0] = re.sub(r"\[([^]]+)\]\((\.\./[^)]+\.md)\)", r"{download}`\1 <\2>`", source[0])
    if name == "index":
        chapters = sorted(path.stem for path in (ROOT / "docs").glob("[0-9]*.md"))
        source[0] += "\n".join(["", "```{toctree}", ":hidden:", *chapters, "```"])
