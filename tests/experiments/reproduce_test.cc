// The whole reproduction at toy size: every study trains, and the page opens in a real browser.

#include "experiments/html.h"
#include "experiments/study.h"
#include "tensor/io/read_file.h"
#include "tests/experiments/browser.h"
#include "tests/experiments/program.h"

namespace siam {

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
  command[0] = program_path("REPRODUCE");
  const ProcessResult run = run_process(command, std::filesystem::temp_directory_path());
  REQUIRE_MESSAGE(run.status == 0, run.output);
  const std::string page = read_file(out / "report.html");
  // A figure for each, a collapse, and neighbours for two.
  CHECK(count(page, "<img src=\"data:image/svg+xml;base64,") == all_studies().size() + 3);
  CHECK(count(page, "<h2 id=") == all_studies().size() + 2);
  CHECK(count(page, "<script") == 0);
  CHECK(count(page, "studies are complete") == 0);
  CHECK(page.find("pretrain: SimSiam; stopgrad: with stop-gradient; predictor: rate decayed") !=
        std::string::npos);
  CHECK(run.output.find("with stop-gradient: complete in ") != std::string::npos);

  const ProcessResult again = run_process(command, std::filesystem::temp_directory_path());
  CHECK(again.status == 0);
  CHECK(count(again.output, "kNN ") == 0);  // nothing was trained
  CHECK(read_file(out / "report.html") == page);

  check_readable(out / "report.html");
}

}  // namespace siam
