#pragma once
// Checks pages with a browser and an accessibility checker.

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "experiments/process.h"

namespace siam {

/// tests/pages_check.py finds nothing wrong with a page, if Chromium and axe-core are installed.
inline void check_readable(const std::filesystem::path& page) {
  const ProcessResult result =
      run_process({"python3", SIAM_SOURCE_DIR "/tests/pages_check.py", page.string()}, "/");
  if (!result.found || result.status == 77) {
    const std::string why = result.found ? result.output : "skipped: no python3";
    MESSAGE(why);
    return;
  }
  CHECK_MESSAGE(result.status == 0, result.output);
}

}  // namespace siam
