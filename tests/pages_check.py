#!/usr/bin/env python3
"""Are the HTML pages readable by all? pages_check.py [--screenshots FOLDER] PAGE...

Opens each page in a headless Chromium, as wide as a phone and as a desk's screen, light and dark,
and has axe-core look for what keeps people from reading it; a page must also not be wider than the
window, all of its pictures must be shown, and nothing be written to the console. Ends with 0 if
nothing is found, 1 with a line for each finding, and 77 where nothing is found but Chromium
(Debian: chromium-headless-shell) or axe-core is not installed: axe.min.js is taken from $AXE, or
from the Python package axe-playwright-python, which ships it.
"""

import argparse
import base64
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WIDTHS = {390: 844, 1200: 900}
SCHEMES = {"dark": 0, "light": 1}  # Blink's numbers
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
AXE_PACKAGES = ("axe_playwright_python", "axe_core_python")

# Leaves what it found in place of the page, where --dump-dom shows it.
PROBE = """
<script>
addEventListener("load", async () => {
  const images = [...document.images];
  const found = {
    scheme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
    wide: document.documentElement.scrollWidth - innerWidth,
    missing: images.filter(image => image.naturalWidth === 0).length,
    violations: window.axe === undefined ? [] : (await axe.run()).violations.map(violation =>
      ({id: violation.id, help: violation.help, nodes: violation.nodes.map(node => node.html.slice(0, 200))})),
  };
  const text = document.createElement("pre");
  text.id = "found";
  text.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(found))));
  document.body.replaceChildren(text);
});
</script>
"""


def skip(what):
    print(f"skipped: no {what}")
    sys.exit(77)


def find_axe():
    if os.environ.get("AXE"):
        return pathlib.Path(os.environ["AXE"]).resolve()
    for name in AXE_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec and spec.origin:
            for path in pathlib.Path(spec.origin).parent.glob("**/axe.min.js"):
                return path.resolve()
    return None


def browse(browser, page, width, scheme, more):
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
               f"--window-size={width},{WIDTHS[width]}", "--virtual-time-budget=5000",
               f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", *more, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def findings(browser, page, width, scheme):
    """A line for each."""
    shown = browse(browser, page, width, scheme, ["--dump-dom"])
    answer = re.search(r'<pre id="found">([^<]*)</pre>', shown.stdout)
    if not answer:
        return [f"no answer from the browser (status {shown.returncode}): {shown.stderr[-500:]}"]
    found = json.loads(base64.b64decode(answer[1]))
    lines = [line for line in shown.stderr.splitlines() if ":CONSOLE" in line]
    if found["scheme"] != scheme:
        lines.append(f"it was shown in the {found['scheme']} scheme")
    if found["wide"] > 0:
        lines.append(f"the page is {found['wide']} pixels wider than the window")
    if found["missing"]:
        lines.append(f"{found['missing']} pictures are not shown")
    for each in found["violations"]:
        lines += [f"{each['id']}: {each['help']}: {node}" for node in each["nodes"]]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--screenshots", type=pathlib.Path, help="keep what was seen in this folder")
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        skip("Chromium (chromium-headless-shell)")
    axe = find_axe()
    probe_text = f'<script src="{axe.as_uri()}"></script>' + PROBE if axe else PROBE
    total = views = 0
    with tempfile.TemporaryDirectory() as folder:
        for page in options.pages:
            probe = pathlib.Path(folder) / "probe.html"
            probe.write_text(page.read_text() + probe_text)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    views += 1
                    for line in findings(browser, probe, width, scheme):
                        total += 1
                        print(f"{page}, {width} pixels, {scheme}: {line}")
                    if options.screenshots:
                        options.screenshots.mkdir(parents=True, exist_ok=True)
                        picture = options.screenshots / f"{page.stem}-{width}-{scheme}.png"
                        browse(browser, page.resolve(), width, scheme,
                               [f"--screenshot={picture.resolve()}"])
    print(f"{views} views of {len(options.pages)} pages, {total} findings")
    if total:
        return 1
    if not axe:
        skip("axe-core (pip install axe-playwright-python, or AXE=axe.min.js): its rules were not checked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
