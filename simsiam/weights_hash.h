#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace siam {

/// Hash of the file whose weights a run starts from; 0 if they are drawn from the seed.
struct WeightsHash {
  uint64_t value = 0;
  bool operator==(const WeightsHash&) const = default;
};

/// 16 hexadecimal digits, or "none".
inline std::string to_text(const WeightsHash& hash) {
  return hash.value == 0 ? "none" : fmt::format("{:016x}", hash.value);
}
inline bool from_text(std::string_view text, WeightsHash& hash) {
  hash = {};
  const char* const end = text.data() + text.size();
  return text == "none" ||
         (text.size() == 16 && std::from_chars(text.data(), end, hash.value, 16).ptr == end);
}

/// Hash of a file's content. Error if it cannot be read.
WeightsHash weights_hash(const std::filesystem::path& path);

}  // namespace siam
