#pragma once
// A folder of small photographs, some deeply nested.

#include <fstream>

#include "data/encode_jpeg.h"
#include "tests/scratch.h"

namespace siam {

/// A different picture for every number: a ramp with a square in it.
inline Image picture(int number) {
  constexpr int kHeight = 40, kWidth = 56;
  auto pixels = std::make_shared<std::vector<uint8_t>>(size_t{3} * kHeight * kWidth);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      for (int c = 0; c < 3; ++c) {
        const bool square =
            std::abs(y - 8 - number * 3 % 24) < 6 && std::abs(x - 10 - number * 7 % 36) < 8;
        (*pixels)[3 * (y * kWidth + x) + c] = static_cast<uint8_t>(
            square ? 40 + 70 * ((c + number) % 3) : (3 * y + 2 * x + 40 * c) % 256);
      }
  return {kHeight, kWidth, pixels->data(), pixels};
}

struct Pictures {
  ScratchFolder folder;

  void add(const std::string& name, int number) const {
    write(name, encode_jpeg(picture(number), 90));
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
};

}  // namespace siam
