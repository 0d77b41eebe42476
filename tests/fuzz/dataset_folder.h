#pragma once
// A data set made of a fuzzer's bytes is opened and read, or gives an Error.

#include <cstdlib>
#include <fstream>
#include <span>
#include <string>

#include "data/augment.h"
#include "tensor/check.h"
#include "tests/scratch.h"

namespace siam {

using Input = std::span<const uint8_t>;

inline void write_input(const std::filesystem::path& path, Input bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline void need(bool ok) {
  if (!ok) std::abort();
}

/// Reads every image, and transforms some as for the network.
inline void look_at(const Dataset& dataset) {
  AugmentConfig config;
  config.size = 8;
  std::vector<float> view(8 * 8 * 3);
  for (int64_t i = 0; i < dataset.size(); ++i) {
    need(0 <= dataset.label(i) && dataset.label(i) < dataset.num_classes());
    const Image image = dataset.image(i);
    need(image.height > 0 && image.width > 0);
    if (i > 2) continue;
    test_transform(image, config, view.data());
    augment(image, config, draw(config, image.height, image.width, 1, 0, i, 0), view.data());
    for (const float value : view) need(-10 < value && value < 10);
  }
  need(!dataset.contents().empty() && dataset.fingerprint().size() == 16);
}

inline void open_and_look(const std::filesystem::path& folder) {
  try {
    const TrainTest data = open_dataset(folder);
    look_at(*data.train);
    look_at(*data.test);
  } catch (const Error&) {
  }
}

}  // namespace siam
