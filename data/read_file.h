#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace siam {

/// All bytes of a file, uncompressed if it is gzipped. Error if it cannot be read or is damaged.
std::vector<uint8_t> read_bytes(const std::filesystem::path& path);

}  // namespace siam
