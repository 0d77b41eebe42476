#include "tensor/dispatch.h"

#include <doctest/doctest.h>

namespace siam {

TEST_CASE(
    "f64 and a ScopedReference choose the reference, everything else on the CPU its kernels") {
  const Tensor f32 = Tensor::zeros({2}), f64 = Tensor::zeros({2}, DType::f64);
  CHECK(backend_of(f32) == Backend::cpu);
  CHECK(backend_of(f64) == Backend::reference);
  {
    const ScopedReference outer;
    { const ScopedReference inner; }
    CHECK(backend_of(f32) == Backend::reference);
  }
  CHECK(backend_of(f32) == Backend::cpu);
}

// No CUDA tensor can be created, so none can silently fall back to the CPU's kernels.
TEST_CASE("without CUDA kernels every way to a CUDA tensor is an error that says what to do") {
  if (kCudaBuild) return;
  const Tensor host = Tensor::zeros({2});
  const auto message = doctest::Contains(
      "this build has no CUDA kernels; use --device cpu, or install the CUDA toolkit");
  CHECK_THROWS_WITH_AS(Tensor::empty({2}, DType::f32, Device::cuda), message, Error);
  CHECK_THROWS_WITH_AS(Tensor::zeros({2}, DType::f32, Device::cuda), message, Error);
  CHECK_THROWS_WITH_AS(Tensor::full({2}, 1, DType::f32, Device::cuda), message, Error);
  CHECK_THROWS_WITH_AS(
      Tensor::from<float>({1}, std::span<const float>(host.data<float>(), 1), Device::cuda),
      message, Error);
  CHECK_THROWS_WITH_AS(host.to(Device::cuda), message, Error);
  CHECK_FALSE(cuda_available());
}

}  // namespace siam
