// Winograd's algebra in double, and its kernels compared with the definition. That indices and
// borders of the plain kernels are right is shown on integers in exact_test.cc.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tensor/cpu/conv_algorithm.h"
#include "tensor/cpu/instruction_set.h"
#include "tensor/cpu/kernels/winograd_algebra.h"
#include "tensor/dispatch.h"
#include "tensor/map.h"
#include "tests/relative_error.h"
#include "tests/tensor/conv_layer.h"
#include "tests/tensor/random_tensors.h"

namespace siam {

namespace {

// The algebras' constants are rounded to f32: errors of about 2^-24 in values of order 1.
constexpr double kConstants = 1e-6;

// tap(i, r) is the input that tap r of output i is applied to, -1 for none.
template <class Algebra, class Tap>
void check_algebra(const Tap& tap) {
  Random random(21, Purpose::test);
  constexpr int kOutputs = Algebra::kOutputs, kProducts = Algebra::kProducts;
  for (int repetition = 0; repetition < 20; ++repetition) {
    double d[9], g[3], dy[8], v[9], u[9], m[9], y[8];
    for (double& value : d) value = normal(random);
    for (double& value : g) value = normal(random);
    for (double& value : dy) value = normal(random);
    Algebra::input(d, v);
    Algebra::filter(g, u);
    for (int i = 0; i < kProducts; ++i) m[i] = u[i] * v[i];
    Algebra::output(m, y);
    for (int i = 0; i < kOutputs; ++i) {
      double sum = 0;
      for (int r = 0; r < 3; ++r) sum += tap(i, r) < 0 ? 0 : g[r] * d[tap(i, r)];
      CHECK(std::abs(y[i] - sum) < kConstants);
    }
    if constexpr (requires { Algebra::output_transposed(dy, v); }) {
      double z[9], dg[3];
      Algebra::output_transposed(dy, z);
      for (int i = 0; i < kProducts; ++i) m[i] = z[i] * v[i];
      Algebra::filter_transposed(m, dg);
      for (int r = 0; r < 3; ++r) {
        double sum = 0;
        for (int i = 0; i < kOutputs; ++i) sum += dy[i] * d[tap(i, r)];
        CHECK(std::abs(dg[r] - sum) < kConstants);
      }
    }
  }
}

// Whole and partial tiles, channels in whole vectors and not, all paddings.
const ConvLayer kLayers[] = {
    {{2, 32, 32, 64}, {64, 3, 3, 64}, {1, 1}}, {{3, 13, 11, 12}, {20, 3, 3, 12}, {1, 1}},
    {{2, 14, 7, 24}, {17, 3, 3, 24}, {1, 0}},  {{1, 6, 10, 33}, {8, 3, 3, 33}, {1, 2}},
    {{5, 2, 2, 40}, {72, 3, 3, 40}, {1, 1}},   {{5, 4, 4, 96}, {100, 3, 3, 96}, {1, 1}},
    {{2, 32, 32, 16}, {32, 3, 3, 16}, {2, 1}}, {{3, 15, 15, 20}, {12, 3, 3, 20}, {2, 1}},
    {{2, 8, 16, 65}, {129, 3, 3, 65}, {2, 1}},
};

}  // namespace

TEST_CASE("the algebras are the convolutions they stand for, and their transposes the gradients") {
  check_algebra<cpu::WinogradF43>([](int i, int r) { return i + r; });
  check_algebra<cpu::WinogradF23>([](int i, int r) { return i + r; });
  check_algebra<cpu::WinogradStride2>([](int i, int r) { return 2 * i + r; });
  check_algebra<cpu::WinogradStride2Data>([](int i, int r) {
    return i % 2 == 0 ? (r == 1 ? i / 2 : -1) : r == 1 ? -1 : i / 2 + r / 2;
  });
}

// F(4,3) loses about two bits against direct summation: measured relative L2 errors are about
// 1e-6; 1e-5 leaves room for other channel counts and is far below any indexing error. Results in
// bf16 and f16 are rounded once more.
TEST_CASE("Winograd stays near the f64 definition on every instruction set") {
  std::vector<cpu::ConvAlgorithm> met;
  for (const ConvLayer& layer : kLayers) {
    CAPTURE(fmt::format("{} {} {}", layer.x, layer.w, layer.g.stride));
    met.push_back(cpu::best_algorithm(layer.kernel_shape()));
    CHECK(met.back() != cpu::ConvAlgorithm::direct);
    const std::vector<Tensor> normals =
        random_tensors({layer.x, layer.w, layer.y()}, DType::f32, 5);
    for (const auto& [type, unit] :
         {std::pair{DType::f32, 0.0}, {DType::bf16, 0x1p-8}, {DType::f16, 0x1p-11}}) {
      std::vector<Tensor> typed, wide;
      for (const Tensor& tensor : normals) {
        typed.push_back(cast(tensor, type));
        wide.push_back(cast(typed.back(), DType::f64));
      }
      const std::vector<Tensor> exact = layer.all_three(wide);
      for (const cpu::InstructionSet set : cpu::available_instruction_sets()) {
        CAPTURE(type);
        CAPTURE(cpu::name_of(set));
        const cpu::ScopedInstructionSet scope(set);
        poison_empty_tensors(true);
        const std::vector<Tensor> got = layer.all_three(typed);
        poison_empty_tensors(false);
        for (size_t i = 0; i < got.size(); ++i) {
          CAPTURE(i);
          CHECK(relative_error(got[i], exact[i]) <
                1e-5 + (got[i].dtype() == DType::f32 ? 0 : unit));
        }
      }
    }
  }
  for (const auto algorithm : {cpu::ConvAlgorithm::winograd_f43, cpu::ConvAlgorithm::winograd_f23,
                               cpu::ConvAlgorithm::winograd_stride2})
    CHECK(std::find(met.begin(), met.end(), algorithm) != met.end());
}

}  // namespace siam
