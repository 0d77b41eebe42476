#pragma once
// The program simsiam, and a toy-sized checkpoint for its commands.

#include <nlohmann/json.hpp>

#include "tensor/io/read_file.h"
#include "tests/experiments/program.h"

namespace siam {

/// `simsiam COMMAND ...`, run outside of the sources.
inline ProcessResult simsiam(std::vector<std::string> words) {
  words.insert(words.begin(), program_path("SIMSIAM"));
  return run_process(words, std::filesystem::temp_directory_path());
}

/// One line, `error: ` with three parts, that contains the expected text.
inline void check_one_error(const ProcessResult& result, int status, const std::string& expected) {
  CAPTURE(result.output);
  CAPTURE(expected);
  CHECK(result.status == status);
  const std::vector<std::string> lines = lines_of(result.output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("error: "));
  CHECK(lines[0].find(expected) != std::string::npos);
  CHECK(count(lines[0], "; ") >= 2);
}

/// A data set, and the two checkpoints of ablate_stopgrad on it.
struct Trained {
  ToyCifar data;
  ScratchFolder out;
  Trained() {
    const ProcessResult result =
        run_process(toy_command(data.path(), out.path()), std::filesystem::temp_directory_path());
    CAPTURE(result.output);
    REQUIRE(result.status == 0);
  }
  std::filesystem::path folder() const { return out / "stopgrad"; }
  /// That of the run with stop-gradient, without suffix.
  std::filesystem::path run() const {
    for (const auto& entry : std::filesystem::directory_iterator(out / "runs"))
      if (entry.path().extension() == ".json" &&
          nlohmann::json::parse(read_file(entry.path())).at("config").at("stop_gradient") == true)
        return std::filesystem::path(entry.path()).replace_extension();
    FAIL("no run with stop-gradient");
    return {};
  }
  std::string checkpoint() const { return run().string() + ".safetensors"; }
};

}  // namespace siam
