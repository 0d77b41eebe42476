"""Every `meson compile` that a document gives can be run: its targets exist, and Meson would not ask which of several is
meant. Reads the targets of the build folder that is given."""
import json
import os
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = re.compile(r"meson compile(?: -C build)?((?: (?!-)[\w/]+)+)")


def matching(targets, words):
    """Those named `FOLDER/NAME` or `NAME`."""
    folder, _, name = words.rpartition("/")
    return [each for each in targets if each["name"] == name and (not folder or each["folder"] == folder)]


def named(text):
    return [target for words in COMMAND.findall(text) for target in words.split()]


class Targets(unittest.TestCase):
    def test_documents_name_one_target_each(self):
        targets = json.loads((Path(os.environ["SIMSIAM_BUILD"]) / "meson-info/intro-targets.json").read_text())
        for each in targets:
            each["folder"] = str(Path(each["defined_in"]).resolve().parent.relative_to(ROOT))
        optional = {"docs", "test_mpi"}  # where Sphinx or MPI is missing
        documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *ROOT.glob("[a-z]*/README.md")]
        found = 0
        for document in documents:
            for target in named(document.read_text()):
                found += 1
                with self.subTest(document=document.name, target=target):
                    count = len(matching(targets, target))
                    self.assertTrue(count == 1 or (count == 0 and target in optional), f"{count} such targets")
        self.assertGreater(found, 10)

    def test_an_ambiguous_name_and_an_unknown_one(self):
        targets = [{"name": "a", "folder": "x"}, {"name": "a", "folder": "y"}]
        self.assertEqual([len(matching(targets, each)) for each in ("a", "x/a", "b")], [2, 1, 0])
        self.assertEqual(named("`meson compile -C build x/a b` and meson compile c && ls"), ["x/a", "b", "c"])


if __name__ == "__main__":
    unittest.main()
