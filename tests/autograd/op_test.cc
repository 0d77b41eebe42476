#include <doctest/doctest.h>

#include <cmath>

#include "tensor/cpu/instruction_set.h"
#include "tensor/parallel.h"
#include "tensor/philox.h"
#include "tests/autograd/op_cases.h"
#include "tests/relative_error.h"
#include "tests/same_bits.h"

namespace siam {

namespace {

double dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.numel(); ++i) sum += a.data<double>()[i] * b.data<double>()[i];
  return sum;
}

// The gradients that run_op() returns are those of f = <seed, y>. This computes the derivative of f
// with respect to every element of every input by central differences.
std::vector<Tensor> numeric_gradients(const OpCase& c, std::vector<Tensor> inputs) {
  constexpr double h = 1e-5;
  const NoGrad no_grad;
  auto result = [&] {
    std::vector<Variable> constants(inputs.begin(), inputs.end());
    return c.op(constants).value();
  };
  Random random(11, Purpose::test, 99);
  Tensor seed = Tensor::empty(result().shape(), DType::f64);
  for (double& value : seed.span<double>()) value = static_cast<float>(bf16(normal(random)));

  std::vector<Tensor> gradients;
  for (Tensor& input : inputs) {
    gradients.push_back(input.empty_like());
    for (int64_t i = 0; i < input.numel(); ++i) {
      double& x = input.data<double>()[i];
      const double x0 = x;
      x = x0 + h;
      const double up = dot(seed, result());
      x = x0 - h;
      const double down = dot(seed, result());
      x = x0;
      gradients.back().data<double>()[i] = (up - down) / (2 * h);
    }
  }
  return gradients;
}

}  // namespace

// Truncation error h^2 f'''/6 is about 1e-10, rounding error 1e-16 |f| / h about 1e-10; both
// relative to gradients of order 1.
TEST_CASE("gradients of every op agree with central differences in double") {
  for (const OpCase& c : op_cases()) {
    if (c.large) continue;
    CAPTURE(c.name);
    const std::vector<Tensor> inputs = op_inputs(c, DType::f64);
    const OpResult analytic = run_op(c, inputs);
    const std::vector<Tensor> numeric = numeric_gradients(c, inputs);
    for (size_t i = 0; i < numeric.size(); ++i) {
      CAPTURE(i);
      CHECK(relative_error(analytic.dx[i], numeric[i]) < 1e-7);
    }
  }
}

TEST_CASE("f32 kernels agree with the double reference, forward and backward") {
  for (const cpu::InstructionSet set : cpu::available_instruction_sets()) {
    const cpu::ScopedInstructionSet scope(set);
    for (const OpCase& c : op_cases())
      compare_with_reference(c, DType::f32, Device::cpu, f32_tolerance(c));
  }
}

// Sums are taken in f32 and rounded once. A rounding is off by the unit roundoff at most and by 0.4
// of it in the root mean square; that leaves room for a second one where an op has two in
// succession (bias, softmax backward: measured 0.6), but not for a sum kept in the narrow type.
TEST_CASE("bf16 and f16 kernels agree with the double reference, forward and backward") {
  for (const auto& [type, unit] : {std::pair{DType::bf16, 0x1p-8}, {DType::f16, 0x1p-11}}) {
    for (const cpu::InstructionSet set : cpu::available_instruction_sets()) {
      const cpu::ScopedInstructionSet scope(set);
      for (const OpCase& c : op_cases())
        compare_with_reference(c, type, Device::cpu, unit + f32_tolerance(c));
    }
  }
}

TEST_CASE("every op has the same bits on 1, 2, 3 and 5 threads") {
  for (const DType type : {DType::f32, DType::bf16, DType::f16})
    for (const OpCase& c : op_cases()) {
      CAPTURE(c.name);
      CAPTURE(type);
      const std::vector<Tensor> inputs = op_inputs(c, type);
      set_threads(1);
      const OpResult alone = run_op(c, inputs);
      for (const int count : {2, 3, 5}) {
        CAPTURE(count);
        set_threads(count);
        const OpResult shared = run_op(c, inputs);
        CHECK(same_bits(shared.y, alone.y));
        for (size_t i = 0; i < alone.dx.size(); ++i) CHECK(same_bits(shared.dx[i], alone.dx[i]));
      }
      set_threads(0);
    }
}

TEST_CASE("a gradient arrives in the op's type or wider") {
  for (const OpCase& c : op_cases()) {
    CAPTURE(c.name);
    std::vector<Variable> leaves;
    for (const Tensor& input : op_inputs(c, DType::f32)) leaves.emplace_back(input, true);
    const Variable y = c.op(leaves);
    backward(y, Tensor::full(y.shape(), 1));
    for (const Variable& leaf : leaves) {
      CHECK(leaf.grad().shape() == leaf.shape());
      CHECK(leaf.grad().dtype() == DType::f32);
    }
  }
}

}  // namespace siam
