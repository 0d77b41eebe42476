// What the READMEs name exists: files and folders in links and between backticks, programs in
// commands.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SIAM_SOURCE_DIR;

std::vector<fs::path> readmes() {
  std::vector<fs::path> found = {kRoot / "README.md"};
  for (const char* folder : {"tensor", "autograd", "nn", "data", "simsiam", "experiments", "tests"})
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder))
      if (entry.path().filename() == "README.md") found.push_back(entry.path());
  return found;
}

void for_each_line(const fs::path& path, const std::function<void(const std::string&)>& visit) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) visit(line);
}

// The first group of every match.
std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

// A * in the last part of a path stands for any characters.
bool is_there(const fs::path& path) {
  const std::string name = path.filename();
  if (name.find('*') == std::string::npos) return fs::exists(path);
  if (!fs::is_directory(path.parent_path())) return false;
  const std::regex any(std::regex_replace(name, std::regex(R"(\*)"), ".*"));
  const fs::directory_iterator entries(path.parent_path());
  return std::any_of(begin(entries), end(entries), [&](const fs::directory_entry& entry) {
    return std::regex_match(entry.path().filename().string(), any);
  });
}

// Sources and folders, recognised by their endings. Files that programs write have other endings,
// or are in build/.
bool names_source(const std::string& word) {
  static const std::regex source(R"([\w.*/-]+(\.(h|cc|cu|py|sh|gp|build)|/))");
  return std::regex_match(word, source) && !word.starts_with("build/");
}

}  // namespace

TEST_CASE("links of the READMEs lead somewhere") {
  int links = 0;
  for (const fs::path& readme : readmes())
    for_each_line(readme, [&](const std::string& line) {
      for (const std::string& target : matches(line, R"(\]\(([^)# ]+)\))")) {
        if (target.starts_with("https://")) continue;
        CAPTURE(readme.string());
        CAPTURE(target);
        CHECK(fs::exists(readme.parent_path() / target));
        ++links;
      }
    });
  CHECK(links > 40);
}

// From the README's folder; from the root, as in an #include; or from a folder named before.
TEST_CASE("files and folders that the READMEs name exist") {
  int names = 0;
  for (const fs::path& readme : readmes()) {
    std::vector<fs::path> folders = {readme.parent_path(), kRoot};
    for_each_line(readme, [&](const std::string& line) {
      for (const std::string& span : matches(line, "`([^`]+)`"))
        for (const std::string& word : matches(span, R"((\S+))")) {
          if (!names_source(word)) continue;
          const auto holds = [&](const fs::path& folder) { return is_there(folder / word); };
          const auto folder = std::find_if(folders.begin(), folders.end(), holds);
          CAPTURE(readme.string());
          CAPTURE(word);
          CHECK(folder != folders.end());
          if (folder != folders.end() && word.ends_with('/')) folders.push_back(*folder / word);
          ++names;
        }
    });
  }
  CHECK(names > 150);
}

TEST_CASE("programs that the READMEs run have a source") {
  std::set<std::string> programs;
  for (const fs::path& readme : readmes())
    for_each_line(readme, [&](const std::string& line) {
      for (const std::string& program :
           matches(line, R"((?:^|[^.])\./((?:experiments|tests)/[\w/]+))"))
        programs.insert(program);
    });
  for (const std::string& program : programs) {
    CAPTURE(program);
    CHECK(fs::exists(kRoot / (program + ".cc")));
  }
  CHECK(programs.size() > 12);
}
