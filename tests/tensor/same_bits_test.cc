// What must not affect the bits of convolutions and products: the number of threads, and the number
// of lanes in a vector.

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <thread>
#include <vector>

#include "tensor/batch_norm.h"
#include "tensor/cpu/conv_algorithm.h"
#include "tensor/cpu/instruction_set.h"
#include "tensor/map.h"
#include "tensor/matmul.h"
#include "tensor/parallel.h"
#include "tensor/reduce.h"
#include "tests/same_bits.h"
#include "tests/tensor/conv_layer.h"
#include "tests/tensor/norm_gradients.h"
#include "tests/tensor/random_tensors.h"

namespace siam {

namespace cpu {
// The kernels of 16 lanes compiled for AVX2 (tests/tensor/meson.build).
extern const Kernels wide_kernels;
}  // namespace cpu

namespace {

using Tensors = std::vector<Tensor>;

// Every algorithm, with several blocks of images, tiles and channels.
const ConvLayer kLayers[] = {
    {{10, 32, 32, 24}, {40, 3, 3, 24}, {1, 1}}, {{37, 4, 4, 64}, {72, 3, 3, 64}, {1, 1}},
    {{64, 2, 2, 48}, {80, 3, 3, 48}, {1, 1}},   {{20, 16, 16, 32}, {64, 3, 3, 32}, {2, 1}},
    {{9, 32, 32, 3}, {64, 3, 3, 3}, {1, 1}},    {{3, 56, 56, 3}, {64, 7, 7, 3}, {2, 3}},
    {{20, 16, 16, 40}, {72, 1, 1, 40}, {2, 0}}, {{7, 14, 14, 100}, {33, 1, 1, 100}, {1, 0}},
    {{9, 17, 13, 6}, {5, 3, 3, 6}, {2, 1}},
};

Tensors typed(const Tensors& tensors, DType type) {
  Tensors result;
  for (const Tensor& tensor : tensors) result.push_back(cast(tensor, type));
  return result;
}

void check_same(const Tensors& a, const Tensors& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    CHECK(same_bits(a[i], b[i]));
  }
}

// On one thread and on several, with every instruction set.
void check_threads(const std::function<Tensors()>& op) {
  for (const cpu::InstructionSet set : cpu::available_instruction_sets()) {
    CAPTURE(cpu::name_of(set));
    const cpu::ScopedInstructionSet scope(set);
    set_threads(1);
    const Tensors alone = op();
    for (const int count : {2, 3, 5}) {
      CAPTURE(count);
      set_threads(count);
      check_same(op(), alone);
    }
    set_threads(0);
  }
}

constexpr auto kTypes = {DType::f32, DType::bf16, DType::f16};

Tensors layer_inputs(const ConvLayer& layer, DType type) {
  return typed(random_tensors({layer.x, layer.w, layer.y()}, DType::f32, 6), type);
}

#ifdef __x86_64__
// run(kernels) with those for AVX2, with 16 lanes on AVX2, and with those for AVX-512 on a CPU that
// has it.
void check_wider(const std::function<Tensors(const cpu::Kernels&)>& run) {
  const Tensors narrow = run(cpu::avx2_kernels);
  check_same(run(cpu::wide_kernels), narrow);
  if (cpu::available_instruction_sets().back() >= cpu::InstructionSet::avx512)
    check_same(run(cpu::avx512_kernels), narrow);
}
#endif

}  // namespace

TEST_CASE("convolutions have the same bits on 1, 2, 3 and 5 threads") {
  for (const ConvLayer& layer : kLayers)
    for (const DType type : kTypes) {
      CAPTURE(fmt::format("{} {} {}", layer.x, layer.w, layer.g.stride));
      CAPTURE(type);
      const Tensors in = layer_inputs(layer, type);
      check_threads([&] { return layer.all_three(in); });
    }
}

TEST_CASE("products have the same bits on 1, 2, 3 and 5 threads") {
  for (const auto& [m, n, k] :
       {std::array<int64_t, 3>{256, 300, 128}, {7, 2000, 513}, {900, 5, 70}})
    for (const DType type : kTypes)
      for (const Transpose ta : {Transpose::no, Transpose::yes})
        for (const Transpose tb : {Transpose::no, Transpose::yes}) {
          CAPTURE(m);
          CAPTURE(type);
          const Tensors in =
              typed(random_tensors({ta == Transpose::yes ? Shape{k, m} : Shape{m, k},
                                    tb == Transpose::yes ? Shape{n, k} : Shape{k, n}},
                                   DType::f32, 7),
                    type);
          check_threads([&] {
            return Tensors{matmul(in[0], ta, in[1], tb, type),
                           matmul(in[0], ta, in[1], tb, DType::f32)};
          });
        }
}

// As in programs that distribute the cores themselves, by one of our loops or by their own threads.
TEST_CASE("kernels called from inside a loop, and from several threads, stay within their memory") {
  const ConvLayer layer = kLayers[0], small{{1, 4, 4, 16}, {16, 3, 3, 16}, {1, 1}};
  const Tensors in = layer_inputs(layer, DType::bf16), few = layer_inputs(small, DType::bf16);
  const auto run = [&] {
    Tensors results = layer.all_three(in);
    for (const Tensor& each : small.all_three(few)) results.push_back(each);
    results.push_back(matmul(few[1].reshape({144, 16}), Transpose::no, few[1].reshape({144, 16}),
                             Transpose::yes, DType::f32));
    return results;
  };
  const Tensors alone = run();
  constexpr int kThreads = 4;
  std::array<Tensors, kThreads> inside;
  parallel_for(kThreads, 1, [&](int64_t i, int64_t) { inside[i] = run(); });
  for (const Tensors& results : inside) check_same(results, alone);
  {
    std::vector<std::jthread> beside;
    for (Tensors& results : inside) beside.emplace_back([&] { results = run(); });
  }
  for (const Tensors& results : inside) check_same(results, alone);
}

TEST_CASE("a sum of millions keeps its digits") {
  const int64_t count = 20'000'000;
  const Tensor ones = Tensor::full({1, count}, 1);
  CHECK(matmul(ones, Transpose::no, ones, Transpose::yes, DType::f32).item() == count);
}

TEST_CASE("batch norm and sums have the same bits on 1, 2, 3 and 5 threads") {
  const Tensors in =
      random_tensors({{64, 16, 16, 24}, {64, 16, 16, 24}, {24}, {24}}, DType::f32, 8);
  check_threads([&] {
    const BatchStatistics statistics = batch_statistics(in[0], 2);
    const Tensor y = normalize(in[0], statistics, 1e-5, in[2], in[3], {}, true);
    const NormGradients back =
        norm_gradients(in[1], in[0], in[0], y, statistics, in[2], in[3], true);
    return Tensors{statistics.mean,
                   statistics.variance,
                   y,
                   back.dx,
                   back.dgamma,
                   back.dbeta,
                   sum_rows(in[0].reshape({64 * 256, 24})),
                   sum_parts(in[0].reshape({64 * 256, 24}), 4)};
  });
}

#ifdef __x86_64__
TEST_CASE("8 and 16 lanes give the same bits") {
  if (cpu::available_instruction_sets().back() == cpu::InstructionSet::baseline) return;
  for (const ConvLayer& layer : kLayers)
    for (const DType type : kTypes) {
      CAPTURE(fmt::format("{} {} {}", layer.x, layer.w, layer.g.stride));
      CAPTURE(type);
      const cpu::ConvShape s = layer.kernel_shape();
      const Tensors in = layer_inputs(layer, type);
      const auto run = [&](const cpu::Kernels& kernels) {
        // Winograd does not handle fewer channels than lanes: the narrower kernels do.
        const auto algorithm =
            std::min(s.c, s.k) < 16 ? cpu::ConvAlgorithm::direct : cpu::best_algorithm(s);
        const Tensors out = {Tensor::empty(layer.y(), type), Tensor::empty(layer.x, type),
                             Tensor::empty(layer.w)};
        kernels.conv2d(s, algorithm, type, in[0].raw(), in[1].raw(), out[0].raw());
        kernels.conv2d_backward_data(s, algorithm, type, in[2].raw(), in[1].raw(), out[1].raw());
        kernels.conv2d_backward_weight(s, algorithm, type, in[2].raw(), in[0].raw(),
                                       out[2].data<float>());
        return out;
      };
      check_wider(run);
    }
  for (const bool transposed : {false, true})
    for (const DType type : kTypes) {
      const Tensors in = typed(random_tensors({{130, 70}, {70, 130}}, DType::f32, 9), type);
      const auto run = [&](const cpu::Kernels& kernels) {
        const cpu::MatmulShape s{transposed ? 70 : 130, transposed ? 70 : 130,
                                 transposed ? 130 : 70, transposed, transposed};
        const Tensors out = {Tensor::empty({s.m, s.n}, type)};
        kernels.matmul(s, type, in[0].raw(), in[1].raw(), type, out[0].raw());
        return out;
      };
      check_wider(run);
    }
}
#endif

}  // namespace siam
