// For a build without libwebp.

#include "data/image_file.h"
#include "tensor/check.h"

namespace siam {

bool reads_webp() { return false; }

StoredImage decode_webp(std::span<const uint8_t>) {
  fail("a WebP image, and libwebp was missing when this program was built");
}

}  // namespace siam
