#pragma once
// A checksum of bytes: XXH3, 64 bits, by the library of its author.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct XXH3_state_s;

namespace siam {

class Checksum {
 public:
  static constexpr size_t kDigits = 16;

  Checksum();
  /// Continues with these bytes.
  void add(const void* data, size_t bytes);
  void add(std::string_view text) { add(text.data(), text.size()); }
  /// Of all bytes so far, in kDigits hexadecimal digits.
  std::string digits() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace siam
