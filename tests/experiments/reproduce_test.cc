// The whole of it at toy size: every study trains, and the page opens in a real browser.

#include <fmt/format.h>

#include <fstream>

#include "experiments/html.h"
#include "nn/atomic_file.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

std::string browser() {
  for (const char* name : {"chromium-headless-shell", "chromium", "google-chrome"})
    if (run_process({"sh", "-c", fmt::format("command -v {}", name)}, "/").status == 0) return name;
  return {};
}

// Counts the pictures that have a size, where --dump-dom shows it, and whether the page is wider
// than a phone.
constexpr const char* kProbe =
    "<script>window.addEventListener('load', () => { const images = [...document.images];"
    "document.title = `pictures ${images.filter(i => i.naturalWidth > 0).length} of "
    "${images.length}, overflow ${document.documentElement.scrollWidth > innerWidth}`; "
    "});</script>";

}  // namespace

TEST_CASE("base64 and escaping") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");  // RFC 4648, section 10
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(html_escaped("<a & \"b\">") == "&lt;a &amp; &quot;b&quot;&gt;");
}

TEST_CASE("reproduce: every study, each run once, one page that a browser shows whole") {
  const ToyCifar data;
  const ScratchFolder out;
  std::vector<std::string> command =
      toy_command(data.path(), out.path(), {"--batch-size", "10", "--epochs", "1", "--dim", "32"});
  command[0] = std::getenv("REPRODUCE");
  const ProcessResult run = run_process(command, std::filesystem::temp_directory_path());
  REQUIRE_MESSAGE(run.status == 0, run.output);
  const std::string page = read_file(out / "report.html");
  CHECK(count(page, "<img src=\"data:image/svg+xml;base64,") == 11);
  CHECK(count(page, "<h2 id=") == 12);
  CHECK(count(page, "studies are complete") == 0);
  CHECK(page.find("pretrain: SimSiam; stopgrad: with stop-gradient; predictor: rate decayed") !=
        std::string::npos);
  CHECK(run.output.find("with stop-gradient: complete in ") != std::string::npos);

  const ProcessResult again = run_process(command, std::filesystem::temp_directory_path());
  CHECK(again.status == 0);
  CHECK(count(again.output, "kNN ") == 0);  // nothing was trained
  CHECK(read_file(out / "report.html") == page);

  const std::string name = browser();
  if (name.empty()) {
    MESSAGE("skipped: no browser (chromium-headless-shell)");
    return;
  }
  std::ofstream(out / "probe.html") << page << kProbe;
  for (const char* size : {"390,844", "1280,800"}) {
    CAPTURE(size);
    const ProcessResult shown =
        run_process({name, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                     fmt::format("--window-size={}", size), "--virtual-time-budget=5000",
                     "--dump-dom", fmt::format("file://{}", (out / "probe.html").string())},
                    out.path());
    CHECK(shown.output.find("<title>pictures 11 of 11, overflow false</title>") !=
          std::string::npos);
    CHECK(count(shown.output, ":CONSOLE") == 0);  // messages of the page, errors among them
  }
}

}  // namespace siam
