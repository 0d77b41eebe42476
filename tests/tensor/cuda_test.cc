// CUDA kernels of ops without gradients against the reference, in all storage types, on sizes that
// are no multiples of packs or blocks. Differentiable ops: tests/autograd/cuda_op_test.cc.

#include <cmath>

#include "tensor/batch_norm.h"
#include "tensor/reduce.h"
#include "tensor/rows.h"
#include "tensor/schedule.h"
#include "tensor/sgd.h"
#include "tensor/top_k.h"
#include "tests/tensor/cuda_compare.h"
#include "tests/tensor/norm_gradients.h"

namespace siam {

namespace {

// Odd; a multiple of a pack; large enough for several blocks and chunks; one row; none.
const std::vector<Shape> kMatrices = {{7, 13}, {64, 64}, {3000, 72}, {1, 5}, {0, 8}};

Random random_for(DType type) { return {11, Purpose::test, static_cast<uint32_t>(type)}; }

}  // namespace

TEST_CASE("biases, conversions, broadcasts") {
  for (const DType type : kStorageTypes) {
    Random random = random_for(type);
    const double tolerance = tolerance_of(type);
    for (const Shape& shape : kMatrices) {
      const Tensor a = normals(shape, type, random);
      const Tensor bias = normals({shape[1]}, DType::f32, random);
      compare("add_bias", {a, bias}, tolerance,
              [](const Tensors& t) { return Tensors{add_bias(t[0], t[1])}; });
      for (const DType to : kStorageTypes)
        compare("cast", {a}, 0, [&](const Tensors& t) { return Tensors{cast(t[0], to)}; });
    }
    const Tensor s = normals({1}, DType::f32, random);
    compare("broadcast", {s}, tolerance, [&](const Tensors& t) {
      return Tensors{broadcast(t[0], {5, 9}, 0.25, type)};
    });
  }
}

TEST_CASE("reductions") {
  for (const DType type : kStorageTypes) {
    Random random = random_for(type);
    for (const Shape& shape : kMatrices) {
      const Tensor x = normals(shape, type, random);
      compare("sum_rows", {x}, 1e-5, [](const Tensors& t) { return Tensors{sum_rows(t[0])}; });
      if (x.numel() == 0) continue;
      // A mean of values of both signs is small compared with them: its error is relative to their
      // size.
      const Tensor shifted = add_bias(x, Tensor::full({shape[1]}, 4));
      compare("mean", {shifted}, 1e-5, [](const Tensors& t) { return Tensors{mean(t[0])}; });
      CHECK(all_finite(x.to(Device::cuda)));
      const Tensor bad = cast(x, DType::f32);
      bad.span<float>().back() = NAN;
      CHECK_FALSE(all_finite(cast(bad, type).to(Device::cuda)));
      bad.span<float>().back() = -INFINITY;
      CHECK_FALSE(all_finite(cast(bad, type).to(Device::cuda)));
    }
  }
}

// Sums of f32 in f64, in one order: the same bits. A merge divides, and may be fused.
TEST_CASE("what ranks have, in parts, is made one") {
  Random random = random_for(DType::f32);
  for (const int64_t parts : {1, 2, 8})
    for (const int64_t n : {1, 77, 70000}) {
      CAPTURE(fmt::format("{} parts of {}", parts, n));
      compare("sum_parts", {normals({parts * n}, DType::f32, random)}, 0,
              [&](const Tensors& t) { return Tensors{sum_parts(t[0], parts)}; });
      const Tensor statistics = normals({parts, 2, n}, DType::f32, random);
      for (float& value : statistics.span<float>()) value = std::abs(value);
      compare("merge_statistics", {statistics}, 2e-7, [](const Tensors& t) {
        const BatchStatistics whole = merge_statistics(t[0], 96);
        return Tensors{whole.mean, whole.variance};
      });
    }
}

// Less than a pack, packs and a remainder, more than all threads' first packs (65536 of 4 or 8),
// aligned to 16 bytes and not.
TEST_CASE("sums over everything: any size, any alignment, one order") {
  for (const DType type : kStorageTypes) {
    Random random = random_for(type);
    for (const int64_t n : {1, 9, 2051, 2 * 524288 + 13}) {
      const Tensor values = normals({n}, type, random);
      Tensor first;
      for (const int64_t offset : {0, 1, 4}) {
        CAPTURE(fmt::format("{} {} values from {}", type, n, offset));
        // NaN around the values: none may be read.
        const Tensor padded = Tensor::full({n + 18}, NAN, type, Device::cuda);
        const Tensor x = padded.slice_flat(offset, n);
        x.copy_from(values);
        CHECK(all_finite(x));
        const Tensor sum = mean(x).to(Device::cpu);
        if (offset == 0) first = sum;
        CHECK(sum.item() == first.item());
        for (const int64_t bad : {n / 2, n - 1}) {
          x.slice_flat(bad, 1).copy_from(Tensor::full({1}, INFINITY, type));
          CHECK_FALSE(all_finite(x));
          x.slice_flat(bad, 1).copy_from(values.slice_flat(bad, 1));
        }
      }
      // Ones: every value counts once.
      CHECK(mean(Tensor::full({n}, 1, type, Device::cuda)).item() == 1);
    }
  }
}

TEST_CASE("batch statistics and their running means") {
  for (const DType type : kStorageTypes) {
    Random random = random_for(type);
    for (const Shape& shape : {Shape{6, 13}, Shape{4, 3, 5, 24}, Shape{16, 7, 7, 64}})
      for (const int groups : {1, 2})
        compare("batch_statistics", {normals(shape, type, random)},
                std::max(tolerance_of(type), 1e-4), [&](const Tensors& t) {
                  const Device device = t[0].device();
                  const BatchStatistics s = batch_statistics(t[0], groups);
                  const Tensor mean = Tensor::zeros({shape[-1]}, DType::f32, device);
                  const Tensor variance = Tensor::full({shape[-1]}, 1, DType::f32, device);
                  update_running(s, t[0].shape().rows() / groups, 0.1, mean, variance);
                  return Tensors{s.mean, s.variance, mean, variance};
                });
  }
}

// The op table only has two equal ones; here also three rows in a group.
TEST_CASE("batch norm's gradient as a sum of two different ones") {
  for (const DType type : kStorageTypes) {
    Random random = random_for(type);
    for (const Shape& shape : {Shape{6, 13}, Shape{4, 3, 5, 24}, Shape{16, 7, 7, 64}})
      for (const bool affine : {false, true})
        for (const bool relu : {false, true})
          for (const bool with_residual : {false, true}) {
            CAPTURE(fmt::format("affine {} relu {} residual {}", affine, relu, with_residual));
            const int64_t channels = shape[-1];
            const Tensor gamma = affine ? normals({channels}, DType::f32, random) : Tensor();
            const Tensor beta = affine ? normals({channels}, DType::f32, random) : Tensor();
            const Op op = [&](const Tensors& t) {
              const Tensor g = gamma.to(t[0].device()), b = beta.to(t[0].device());
              const BatchStatistics s = batch_statistics(t[0], /*groups=*/2);
              const Tensor residual = with_residual ? t[1] : Tensor();
              const Tensor y = normalize(t[0], s, 1e-5, g, b, residual, relu);
              const Tensor mask = with_residual && relu ? y : Tensor();
              const NormGradients grad = norm_gradients(t[2], t[3], t[0], mask, s, g, b, relu);
              return Tensors{y, grad.dx, grad.dresidual, grad.dgamma, grad.dbeta};
            };
            compare("batch_norm",
                    {normals(shape, type, random), normals(shape, type, random),
                     normals(shape, type, random), normals(shape, type, random)},
                    std::max(tolerance_of(type), 1e-4), op);
          }
  }
}

// Integers: nothing is rounded, so the columns must be the same.
TEST_CASE("top k, with many equals and with none") {
  Random random = random_for(DType::f32);
  for (const Shape& shape : {Shape{5, 7}, Shape{3, 300}, Shape{2, 5000}})
    for (const uint32_t distinct : {30u, 1u << 24}) {
      const Tensor x = Tensor::empty(shape);
      for (float& value : x.span<float>()) value = static_cast<float>(random.below(distinct)) - 9;
      for (const int64_t k : {int64_t{1}, std::min<int64_t>(shape[1], 200), shape[1]}) {
        if (k > 1024) continue;
        compare("top_k", {x}, 0, [&](const Tensors& t) {
          const TopK best = top_k(t[0], k);
          const Tensor columns = best.columns.to(Device::cpu);
          const Tensor as_float = Tensor::empty(columns.shape());
          for (int64_t i = 0; i < columns.numel(); ++i)
            as_float.data<float>()[i] = static_cast<float>(columns.data<int32_t>()[i]);
          return Tensors{best.values, as_float.to(t[0].device())};
        });
      }
    }
}

TEST_CASE("a schedule") {
  Random random = random_for(DType::f32);
  for (const int64_t n : {2, 1000})
    compare("follow_schedule", {normals({3, n}, DType::f32, random)}, 0, [&](const Tensors& t) {
      const Device device = t[0].device();
      const auto flag = [&](int value) { return Tensor::full({}, value, DType::i32, device); };
      const Schedule schedule{t[0], flag(1), 2};
      Tensors seen;
      for (const int enabled : {1, 1, 0, 1, 1, 1, 1}) {
        seen.push_back(seen.empty() ? Tensor::zeros({n}, DType::f32, device) : seen.back().clone());
        follow_schedule(schedule, flag(enabled), seen.back());
      }
      return seen;
    });
}

TEST_CASE("SGD") {
  for (const DType type : kStorageTypes)
    for (const int64_t n : {1, 5, 1000, 4099}) {
      Random random = random_for(type);
      const Tensor w = normals({n}, DType::f32, random), g = normals({n}, DType::f32, random);
      // The GPU fuses multiply and add: one rounding fewer per operation than the reference.
      compare("sgd_step", {w, g, normals({n}, DType::f32, random)}, tolerance_of(type),
              [&](const Tensors& t) {
                const Device device = t[0].device();
                const Tensor weights = t[0].clone(), velocity = t[2].clone();
                const Tensor half = Tensor::empty({n}, type, device);
                const SgdRates rates{0.9, 1e-2, Tensor::full({1}, 0.05, DType::f32, device), 0.5};
                sgd_step(weights, t[1], velocity, rates, half);
                return Tensors{weights, velocity, half};
              });
    }
}

}  // namespace siam
