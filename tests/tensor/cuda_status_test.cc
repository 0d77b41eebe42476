// The messages to a user when no GPU can be used. Needs none.

#include "tensor/cuda/runtime/status.h"

#include <doctest/doctest.h>

#include "tensor/check.h"
#include "tensor/device.h"

namespace siam::cuda {

TEST_CASE("no driver, an old driver, no GPU and a broken one are told apart") {
  const auto says = [](cudaError_t status, int driver, const char* words) {
    const std::string message = missing_device(status, driver);
    CAPTURE(message);
    CHECK(message.find(words) != std::string::npos);
    CHECK(message.find("needed; ") != std::string::npos);
    CHECK(message.find("use --device cpu") != std::string::npos);
  };
  says(cudaErrorInsufficientDriver, 0, "no NVIDIA driver is loaded");
  says(cudaErrorStubLibrary, 0, "no NVIDIA driver is loaded");
  says(cudaErrorInsufficientDriver, 11080, "the driver serves CUDA 11.8; ");
  says(cudaErrorInsufficientDriver, 12040, "the driver serves CUDA 12.4; ");
  says(cudaErrorNoDevice, 13000, "the driver finds no GPU");
  says(cudaSuccess, 13000, "the driver finds no GPU");
  says(cudaErrorUnknown, 13000, "the GPU does not answer");
}

TEST_CASE("a GPU that is too old for the kernels says so, with what it is and what is needed") {
  const Gpu t4{"Tesla T4", 7, 5};
  CHECK(old_device({"Tesla V100", 7, 0}, 75) ==
        "Tesla V100 has compute capability 7.0; 7.5 or later is needed by this build; use --device "
        "cpu");
  CHECK(old_device(t4, 80) ==
        "Tesla T4 has compute capability 7.5; 8.0 or later is needed by this build; configure it "
        "with -Dgpu_archs=sm_75, or use --device cpu");
  CHECK(old_device(t4, 75).empty());
  for (const int oldest : {75, 80})
    for (const Gpu& gpu : {Gpu{"NVIDIA A100", 8, 0}, Gpu{"NVIDIA H200", 9, 0},
                           Gpu{"NVIDIA B200", 10, 0}, Gpu{"RTX 5090", 12, 0}})
      CHECK(old_device(gpu, oldest).empty());
}

TEST_CASE("bf16 is refused by a GPU without it, and by no other") {
  const Gpu t4{"Tesla T4", 7, 5};
  CHECK(unserved_type(t4, DType::bf16) ==
        "bf16 on Tesla T4, compute capability 7.5; 8.0 or later is needed; use --precision f16 or "
        "f32");
  CHECK(unserved_type(t4, DType::f16).empty());
  CHECK(unserved_type(t4, DType::f32).empty());
  CHECK(unserved_type({"NVIDIA A100", 8, 0}, DType::bf16).empty());
}

TEST_CASE("any call that meets no driver says so in the same words") {
  CHECK_THROWS_WITH_AS(check_status(cudaErrorNoDevice, "cudaMalloc(&memory, bytes)"),
                       doctest::Contains("cuda: the driver finds no GPU; "), Error);
}

TEST_CASE("there is a reason exactly where there is no GPU") {
  CHECK(why_no_cuda().empty() == cuda_available());
}

}  // namespace siam::cuda
