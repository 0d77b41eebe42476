#pragma once

#include <cstddef>
#include <cstdint>

namespace siam {

/// Pixels with an alpha channel, [n,4], composited on white: rgb [n,3], which may be the memory of
/// rgba. a c + (255 - a) 255, over 255 and rounded: Pillow's alpha_composite to the last bit.
inline void compose_on_white(const uint8_t* rgba, size_t n, uint8_t* rgb) {
  for (size_t i = 0; i < n; ++i) {
    const int alpha = rgba[4 * i + 3];
    for (size_t c = 0; c < 3; ++c)
      rgb[3 * i + c] =
          static_cast<uint8_t>((rgba[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}

}  // namespace siam
