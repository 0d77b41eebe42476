// The structure of the source tree: a folder is a layer, and a file can be read in one sitting.

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

// Folders that may include less than the one they are in.
const std::map<std::string, std::set<std::string>> kRoomsMayInclude = {
    {"simsiam/evaluation", {"tensor", "autograd", "nn", "simsiam/evaluation"}},
};

const std::set<std::string> kSources = {".h", ".cc", ".cu", ".cuh", ".py", ".sh", ".build"};

template <class Visit>
void for_each_source(const Visit& visit) {
  for (const auto& [folder, allowed] : kMayInclude)
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(SIAM_SOURCE_DIR) / folder))
      if (entry.is_regular_file() && kSources.count(entry.path().extension().string()))
        visit(entry.path(), allowed);
}

// The file that an #include of the project names; empty for all other lines.
std::string included(const std::string& line) {
  const std::string start = "#include \"";
  return line.compare(0, start.size(), start) == 0 ? line.substr(start.size()) : "";
}

}  // namespace

TEST_CASE("includes point from outer layers to inner ones only") {
  int includes = 0;
  for_each_source([&](const fs::path& path, const std::set<std::string>& allowed) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const std::string target = included(line);
      if (target.empty()) continue;
      const std::string folder = target.substr(0, target.find('/'));
      CAPTURE(path.string());
      CAPTURE(line);
      CHECK(allowed.count(folder) == 1);
      ++includes;
    }
  });
  CHECK(includes > 20);
}

TEST_CASE("a room includes what its trade needs, and nothing else of its folder") {
  for (const auto& [room, allowed] : kRoomsMayInclude) {
    int includes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(SIAM_SOURCE_DIR) / room)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        const std::string target = included(line);
        if (target.empty()) continue;
        CAPTURE(entry.path().string());
        CAPTURE(line);
        bool found = false;
        for (const std::string& folder : allowed) found = found || target.starts_with(folder + "/");
        CHECK(found);
        ++includes;
      }
    }
    CAPTURE(room);
    CHECK(includes > 10);
  }
}

// The GPU's own headers need CUDA's; all others are the same in a build without it.
TEST_CASE("only kernels see what is in tensor/cuda/") {
  int kernels = 0;
  for_each_source([&](const fs::path& path, const std::set<std::string>& allowed) {
    const std::string name = fs::relative(path, SIAM_SOURCE_DIR).string();
    if (allowed.count("tests") || name.rfind("tensor/cuda/", 0) == 0) return;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      if (line.find("#include \"tensor/cuda/") == std::string::npos) continue;
      CAPTURE(line);
      CHECK((name.starts_with("data/") && name.ends_with(".cu")));
      ++kernels;
    }
  });
  CHECK(kernels > 0);
}

// fmt::print throws if the text cannot be written, which would end a run (tensor/print.h).
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
