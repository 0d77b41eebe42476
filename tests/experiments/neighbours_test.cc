// `simsiam neighbours`: the page.

#include <fmt/format.h>

#include "tests/experiments/browser.h"
#include "tests/experiments/pictures.h"
#include "tests/experiments/trained.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

std::string page_of(const Trained& run, const Pictures& pictures,
                    std::vector<std::string> more = {}) {
  const std::string page = run.out / "page.html";
  more.insert(more.begin(), {"neighbours", run.checkpoint(), pictures.folder.path().string(),
                             "--out", page, "--device", "cpu", "--threads", "1"});
  const ProcessResult result = simsiam(more);
  CAPTURE(result.output);
  REQUIRE(result.status == 0);
  return read_file(page);
}

// The captions of a page, row by row: "query", or a similarity, and a name.
std::vector<std::vector<std::string>> rows(const std::string& page) {
  const std::string begin = "<figcaption>", end = "</figcaption>";
  std::vector<std::vector<std::string>> found;
  for (size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at + 1)) {
    const size_t from = at + begin.size();
    const std::string text = page.substr(from, page.find(end, from) - from);
    if (text.starts_with("<b>query</b>")) found.emplace_back();
    found.back().push_back(text);
  }
  return found;
}

}  // namespace

TEST_CASE("neighbours: each query and the 8 nearest, in one file without scripts") {
  const Trained run;
  Pictures pictures;
  for (int i = 0; i < 20; ++i) pictures.add(fmt::format("{}.jpg", i), i);
  const std::string page = page_of(run, pictures, {"--count", "5"});
  CHECK(rows(page).size() == 5);
  for (const auto& row : rows(page)) {
    REQUIRE(row.size() == 9);
    for (size_t i = 1; i < row.size(); ++i) {
      CHECK(row[i].substr(row[i].find("</b>")) != row[0].substr(row[0].find("</b>")));
      if (i > 1) CHECK(std::stod(row[i].substr(3)) <= std::stod(row[i - 1].substr(3)));
    }
  }
  CHECK(count(page, "src=\"data:image/jpeg;base64,/9j/") == 45);
  CHECK(count(page, "<script") == 0);
  CHECK(count(page, "class=\"tiny\"") == 0);
  check_readable(run.out / "page.html");
  CHECK(count(page, "http") == 0);
  CHECK(page_of(run, pictures, {"--count", "5"}) == page);
  CHECK(rows(page_of(run, pictures, {"--count", "5", "--seed", "1"})) != rows(page));
  CHECK(rows(page_of(run, pictures)).size() == 16);
}

TEST_CASE("neighbours: of given images; the same picture is the nearest, the same file is none") {
  const Trained run;
  Pictures pictures;
  for (int i = 0; i < 4; ++i) pictures.add(fmt::format("deep/{}.jpg", i), i);
  pictures.add("<copy> & \"2\".jpg", 2);
  Pictures outside;
  outside.add("o.jpg", 2);
  const std::string inside = pictures.folder / "deep/2.jpg", other = outside.folder / "o.jpg";
  const std::string page = page_of(run, pictures, {"--query", inside, other});
  const auto found = rows(page);
  REQUIRE(found.size() == 2);
  CHECK(found[0].size() == 1 + 4);
  CHECK(found[0][1] == "<b>1.000</b> &lt;copy&gt; &amp; &quot;2&quot;.jpg");
  CHECK(found[1].size() == 1 + 5);
  CHECK(found[1][2] == "<b>1.000</b> deep/2.jpg");
  // An image that is a link in the folder is itself, too.
  fs::create_symlink(other, pictures.folder / "link.jpg");
  CHECK(rows(page_of(run, pictures, {"--query", other}))[0].size() == 1 + 5);
  CHECK(rows(page_of(run, pictures, {"--query", pictures.folder / "link.jpg"}))[0].size() == 1 + 5);

  const std::string folder = pictures.folder.path();
  const auto refused = [&](std::vector<std::string> words, int status, const std::string& what) {
    words.insert(words.begin(), "neighbours");
    check_one_error(simsiam(words), status, what);
  };
  refused({run.checkpoint()}, 2, "folder");
  refused({run.checkpoint(), folder, "--count", "0"}, 2, "--count");
  refused({run.checkpoint(), folder + "/none"}, 1, "no such folder");
  refused({run.checkpoint(), folder, "--out", run.out / "none/page.html"}, 1, "none");
  refused({run.checkpoint(), folder, folder}, 2, "one argument too many");
}

}  // namespace siam
