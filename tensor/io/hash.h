#pragma once
// Hashes of bytes, 64 bits, in 16 hexadecimal digits. There are two, because each is stored where
// its values must not change: XXH3 in checkpoints, FNV-1a in the names of runs and the fingerprints
// of data sets.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct XXH3_state_s;

namespace siam {

/// XXH3, from its author's library.
class Checksum {
 public:
  static constexpr size_t kDigits = 16;

  Checksum();
  /// Continues with these bytes.
  void add(const void* data, size_t bytes);
  void add(std::string_view text) { add(text.data(), text.size()); }
  /// The hash of all bytes so far, in kDigits hexadecimal digits.
  std::string digits() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

/// FNV-1a over bytes, optionally continued from an earlier value.
uint64_t hash_bytes(const void* data, size_t bytes, uint64_t hash = 0xcbf29ce484222325u);
/// 16 hexadecimal digits.
std::string hash_text(uint64_t hash);

}  // namespace siam
