"""What the book (docs/) says can be verified: excerpts, links, files, programs and test cases exist, and numbers are
those of the files that they come from. Standard Python only.

A paragraph or table with numbers is followed by a comment with their sources:

    <!-- numbers
    experiments/results/quick/stopgrad/metrics.csv
    0.995 | with stop-gradient | 10 | std*sqrt(d)
    README.md
    422 | 32x32x64, 3x3/1, 64
    =
    0.6 | 3 / 5
    -->

A line without `|` names the file for those below it. For a CSV: run, epoch, column; for a JSON file: a dotted path; for
any other: text on the same line. `=`: computed by the formula. A number is correct if the one in its file, rounded to
as many digits, is the same. Every number with a decimal point needs a source, except sections and figures of the paper.
"""
import csv
import fnmatch
import json
import math
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))
sys.dont_write_bytecode = True
from excerpts import excerpt  # noqa: E402

FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.M | re.S)
COMMENT = re.compile(r"<!--(.*?)-->", re.S)
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
NUMBER = r"(?<![\w.])[−-]?\d[\d,]*(?:\.\d+)?(?:e[−-]?\d+)?(?![\w]|\.\d|,\d)"
SOURCE_FILE = re.compile(r"[\w./-]+\.(?:h|cc|cu|py|sh|md|gp|build)")


def prose(text):
    """Without excerpts, code, comments, and what links lead to."""
    text = COMMENT.sub("", FENCE.sub("", text))
    return re.sub(r"`[^`]*`", "", re.sub(r"\]\([^)]*\)", "]", text))


def value(text):
    return float(text.replace("−", "-").replace(",", ""))


def rounds_to(exact, text):
    """Whether `exact` is `text` to the digits that it has."""
    mantissa, _, power = text.partition("e")
    unit = 10.0 ** (value(power or "0") - len(mantissa.partition(".")[2]))
    return abs(exact - value(text)) <= unit * (0.5 + 1e-9)


def csv_value(path, run, epoch, column):
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["run"] == run and row["epoch"] == epoch]
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} rows of `{run}`, epoch {epoch}")
    return float(rows[0][column])


def json_value(path, keys):
    found = json.loads(path.read_text())
    for key in keys.split("."):
        found = found[int(key)] if isinstance(found, list) else found[key]
    return float(found)


def source_problem(number, path, keys, root):
    """What is wrong with a number and its source, if anything."""
    try:
        if path is None:
            exact = eval(keys[0], {"__builtins__": {}}, vars(math))
        elif path.endswith(".csv"):
            exact = csv_value(root / path, *keys)
        elif path.endswith(".json"):
            exact = json_value(root / path, *keys)
        else:
            lines = [line for line in (root / path).read_text().splitlines() if keys[0] in line]
            if not lines:
                return f"{path}: no line has `{keys[0]}`"
            there = [each for line in lines for each in re.findall(r"[−-]?\d[\d,]*(?:\.\d+)?(?:e[−-]?\d+)?", line)]
            return None if value(number) in map(value, there) else f"{path}: {number} is none of {there}"
    except (OSError, ValueError, KeyError, IndexError, TypeError, NameError, SyntaxError) as error:
        return f"{path or '='}: {keys}: {error!r}"
    return None if rounds_to(exact, number) else f"{path or '='}: {' | '.join(keys)} is {exact}, not {number}"


def number_problems(text, root=ROOT):
    said = re.findall(NUMBER, re.sub(r"(?:Sec|Fig|App|Table)\.? [A-Z]?\.?\d[\d.]*", "", prose(text)))
    problems, covered = [], set()
    for comment in COMMENT.findall(text):
        kind, *lines = comment.strip().splitlines()
        if kind != "numbers":
            continue
        path = None
        for line in lines:
            number, *keys = [part.strip() for part in line.split("|")]
            if not keys:
                path = None if number == "=" else number
                continue
            covered.add(value(number))
            if value(number) not in map(value, said):
                problems.append(f"{number} has a source, but the text does not say it")
            problem = source_problem(number, path, keys, root)
            if problem:
                problems.append(problem)
    for number in said:
        if "." in number and value(number) not in covered:
            problems.append(f"{number} has no source")
    return problems


def excerpt_problems(text):
    problems = []
    linked = {target for _, target in LINK.findall(text)}
    for info, body in FENCE.findall(text):
        if not info.startswith("{excerpt}"):
            continue
        path = info.split()[1]
        if "../" + path not in linked:
            problems.append(f"{path}: an excerpt without a link to its file")
        try:
            _, lines = excerpt(path, *body.strip("\n").split("\n"))
            if len(lines) > 45:
                problems.append(f"{path}: an excerpt of {len(lines)} lines; at most 45 are read")
        except (OSError, ValueError, TypeError) as error:
            problems.append(str(error))
    return problems


def link_problems(text, folder):
    problems = []
    for image, target in LINK.findall(text):
        if target.startswith("https://"):
            continue
        if not (folder / target).exists():
            problems.append(f"{target}: a dead link")
        elif image and "experiments/results/" not in target:
            problems.append(f"{target}: a figure that is no committed result")
    return problems


def test_cases():
    text = "".join(path.read_text() for path in sorted((ROOT / "tests").rglob("*_test.cc")))
    calls = re.findall(r"TEST_CASE\(((?:\s*\"(?:[^\"\\]|\\.)*\")+)", text)
    return ["".join(re.findall(r"\"((?:[^\"\\]|\\.)*)\"", call)) for call in calls]


def name_problems(text):
    """Files, programs and test cases that are named."""
    problems = []
    for span in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)):
        for word in span.split():
            if SOURCE_FILE.fullmatch(word) and "/" in word and not (ROOT / word).exists():
                problems.append(f"`{word}`: no such file")
    for program in re.findall(r"(?<![\w.])(?:\./|build/)((?:experiments|tests)/[\w/]+)", COMMENT.sub("", text)):
        source, build = ROOT / (program + ".cc"), (ROOT / program).parent / "meson.build"
        if not source.exists() and f"'{source.stem}'" not in build.read_text():
            problems.append(f"{program}: no such program")
    cases = test_cases()
    for pattern in ",".join(re.findall(r"-tc=\"([^\"]*)\"", text)).split(","):
        if pattern and not fnmatch.filter(cases, pattern):
            problems.append(f"{pattern}: no such test case")
    return problems


class Book(unittest.TestCase):
    pages = sorted((ROOT / "docs").glob("*.md"))
    chapters = [page for page in pages if page.name[0].isdigit()]

    def check(self, problems_of):
        problems = [f"{page.name}: {problem}" for page in self.pages for problem in problems_of(page.read_text())]
        self.assertEqual(problems, [])

    def test_excerpts(self):
        self.check(excerpt_problems)

    def test_numbers(self):
        self.check(number_problems)

    def test_links(self):
        self.check(lambda text: link_problems(text, ROOT / "docs"))

    def test_names(self):
        self.check(name_problems)

    def test_chapters_are_linked_short_and_end_with_exercises(self):
        index = (ROOT / "docs/index.md").read_text()
        for page in self.chapters:
            text = page.read_text()
            with self.subTest(page.name):
                self.assertTrue(f"]({page.name})" in index, "no link in index.md")
                self.assertLessEqual(len(text.splitlines()), 150)
                end = text.rpartition("\n## ")[2]
                self.assertTrue(end.startswith("Exercises\n") and "```sh\n" in end, "no exercise with a command")

    def test_solutions_are_linked_and_name_what_is_there(self):
        text = "".join(page.read_text() for page in self.chapters)
        solutions = sorted((ROOT / "docs/solutions").glob("*.patch"))
        self.assertGreaterEqual(len(solutions), 4)
        cases = test_cases()
        for path in solutions:
            fields = dict(re.findall(r"^(\w+): (.*)$", path.read_text().partition("\ndiff ")[0], re.M))
            with self.subTest(path.name):
                self.assertTrue(f"](solutions/{path.name})" in text, "no chapter has a link to it")
                self.assertTrue(fnmatch.filter(cases, fields["Case"]) or fields["Expect"] == "passes")
                self.assertIn(fields["Expect"], ("passes", "fails"))
                if shutil.which("git"):
                    check = subprocess.run(["git", "apply", "--check", path], cwd=ROOT, capture_output=True, text=True)
                    self.assertEqual(check.returncode, 0, check.stderr)


class Checks(unittest.TestCase):
    """What is wrong is found."""

    def test_a_wrong_number_and_one_without_source(self):
        page = "Half is 0.5, and 2,047.{}\n<!-- numbers\n=\n{} | 1 / 2\n2,047 | 2**11 - 1\n-->\n"
        self.assertEqual(number_problems(page.format("", "0.5")), [])
        self.assertEqual(number_problems(page.format(" See Sec. 4.1.", "0.5")), [])
        self.assertEqual(len(number_problems(page.format("", "0.6"))), 3)
        self.assertEqual(number_problems(page.format(" Or 1.25.", "0.5")), ["1.25 has no source"])
        self.assertIn("NameError", number_problems("It is 0.5.\n<!-- numbers\n=\n0.5 | half\n-->\n")[0])

    def test_a_number_that_a_file_no_longer_has(self):
        page = "Untrained: 46.8 %.\n<!-- numbers\nexperiments/results/quick/stopgrad/{} | {}\n-->\n"
        column = "summary.json\n46.8 | runs.0.measurements"
        self.assertNotEqual(number_problems(page.format(column, "")), [])
        row = "with stop-gradient | 10 | kNN accuracy (%)"
        self.assertNotEqual(number_problems(page.format("metrics.csv\n46.8", row)), [])
        self.assertTrue(rounds_to(-0.8937, "−0.894") and not rounds_to(-0.8937, "−0.893"))
        self.assertTrue(rounds_to(9.418e-9, "9.42e-09") and not rounds_to(9.43e-9, "9.42e-09"))

    def test_an_anchor_that_is_gone_or_stands_twice(self):
        link = "[x](../autograd/variable.cc)\n```{{excerpt}} autograd/variable.cc\n{}\n```\n"
        self.assertEqual(excerpt_problems(link.format("Variable detach(const Variable& x) {")), [])
        self.assertIn("0 lines begin", excerpt_problems(link.format("Variable attach("))[0])
        self.assertIn("lines begin", excerpt_problems(link.format("Variable record("))[0])
        self.assertIn("no end", excerpt_problems(link.format("Variable detach(\nnothing"))[0])
        self.assertIn("without a link", excerpt_problems(link[link.index("`"):].format("Variable detach("))[0])

    def test_dead_links_and_names(self):
        self.assertEqual(len(link_problems("[a](nowhere.md) ![b](conf.py) [c](index.md)", ROOT / "docs")), 2)
        self.assertEqual(len(name_problems('`tensor/none.h` ./experiments/none -tc="no such case"')), 3)


if __name__ == "__main__":
    unittest.main()
