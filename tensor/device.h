#pragma once
// Where a tensor's memory is, and so which implementation of an op handles it.

#include <fmt/core.h>

#include <string>
#include <string_view>

#include "tensor/dtype.h"

namespace siam {

enum class Device { cpu, cuda };

constexpr std::string_view name_of(Device device) {
  return device == Device::cuda ? "cuda" : "cpu";
}

/// True if this build contains the CUDA kernels; says nothing about a GPU being present.
#ifdef SIAM_CUDA
inline constexpr bool kCudaBuild = true;
#else
inline constexpr bool kCudaBuild = false;
#endif

/// True if this build has CUDA kernels, and a driver and a GPU answer.
bool cuda_available();
/// Why it is not available: what was seen; what is needed; what to do. Empty if it is.
std::string why_no_cuda();
/// True if that GPU supports the type in products and convolutions: bf16 needs compute capability
/// 8.0.
bool cuda_serves(DType type);

/// Waits until everything queued on the device's current stream has run; nothing to do on the CPU.
void synchronize(Device device);

}  // namespace siam

template <>
struct fmt::formatter<siam::Device> : fmt::formatter<std::string_view> {
  fmt::format_context::iterator format(siam::Device device, fmt::format_context& context) const;
};
