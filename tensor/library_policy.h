#pragma once
// What the GPU libraries may do for speed in matrix products and convolutions.

#include <compare>
#include <string>

#include "tensor/dtype.h"

namespace siam {

struct LibraryPolicy {
  bool tf32 = false;          ///< round factors in f32 to 10 mantissa bits: several times faster
  bool deterministic = true;  ///< only algorithms that are reproducible bit for bit
  auto operator<=>(const LibraryPolicy&) const = default;

  /// The part of the policy that matters for factors of this type.
  LibraryPolicy for_type(DType type) const { return {tf32 && type == DType::f32, deterministic}; }
  /// Suffix of a plan's name; empty for the default policy.
  std::string suffix() const {
    return std::string(tf32 ? "_tf32" : "") + (deterministic ? "" : "_any");
  }
};

/// This thread's policy: the default unless a ScopedLibraryPolicy says otherwise.
LibraryPolicy library_policy();

/// While it lives, this thread queues products and convolutions under another policy.
class ScopedLibraryPolicy {
 public:
  explicit ScopedLibraryPolicy(LibraryPolicy policy);
  ~ScopedLibraryPolicy();
  ScopedLibraryPolicy(const ScopedLibraryPolicy&) = delete;

 private:
  LibraryPolicy previous_;
};

}  // namespace siam
