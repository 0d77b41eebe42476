// The shape of the source tree: a folder is a layer, and a file can be read at one sitting.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"tensor", {"tensor"}},
    {"autograd", {"tensor", "autograd"}},
    {"nn", {"tensor", "autograd", "nn"}},
    {"data", {"tensor", "data"}},
    {"simsiam", {"tensor", "autograd", "nn", "data", "simsiam"}},
    {"experiments", {"tensor", "autograd", "nn", "data", "simsiam", "experiments"}},
    {"tests", {"tensor", "autograd", "nn", "data", "simsiam", "experiments", "tests"}},
};

const std::set<std::string> kSources = {".h", ".cc", ".cu", ".cuh", ".py", ".sh", ".build"};

template <class Visit>
void for_each_source(const Visit& visit) {
  for (const auto& [folder, allowed] : kMayInclude)
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(SIAM_SOURCE_DIR) / folder))
      if (entry.is_regular_file() && kSources.count(entry.path().extension().string()))
        visit(entry.path(), allowed);
}

}  // namespace

TEST_CASE("includes point from outer layers to inner ones only") {
  int includes = 0;
  for_each_source([&](const fs::path& path, const std::set<std::string>& allowed) {
    std::ifstream file(path);
    const std::string start = "#include \"";
    for (std::string line; std::getline(file, line);) {
      if (line.compare(0, start.size(), start) != 0) continue;
      const std::string target = line.substr(start.size());
      const std::string folder = target.substr(0, target.find('/'));
      CAPTURE(path.string());
      CAPTURE(line);
      CHECK(allowed.count(folder) == 1);
      ++includes;
    }
  });
  CHECK(includes > 20);
}

// fmt::print throws where the text cannot be written, which would end a run (tensor/print.h).
TEST_CASE("what programs say is written by print(), which drops what cannot be") {
  int sources = 0;
  for_each_source([&](const fs::path& path, const std::set<std::string>& allowed) {
    if (allowed.count("tests")) return;
    std::ifstream file(path);
    ++sources;
    for (std::string line; std::getline(file, line);) {
      CAPTURE(path.string());
      CAPTURE(line);
      for (const char* banned : {"fmt::print", "std::cerr", "std::cout", "fputs", "printf("})
        CHECK(line.find(banned) == std::string::npos);
    }
  });
  CHECK(sources > 20);
}

TEST_CASE("no source file is longer than 300 lines") {
  for_each_source([](const fs::path& path, const std::set<std::string>&) {
    std::ifstream file(path);
    int lines = 0;
    for (std::string line; std::getline(file, line);) ++lines;
    CAPTURE(path.string());
    CHECK(lines <= 300);
  });
}
