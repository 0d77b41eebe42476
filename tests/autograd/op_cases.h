#pragma once
// One table of differentiable ops with the shapes to try, from which several tests are driven:
// gradients against central differences, f32 and bf16 against the double reference, one device
// against another.

#include <functional>
#include <string>
#include <vector>

#include "autograd/ops.h"

namespace siam {

struct OpInput {
  Shape shape;
  bool wide = false;  ///< stays f32 when the others are bf16 or f16: scales, shifts, biases
};

struct OpCase {
  std::string name;
  std::vector<OpInput> inputs;
  std::function<Variable(const std::vector<Variable>&)> op;
  int64_t reduction;  ///< terms in the longest sum behind one number, forward or backward
};

const std::vector<OpCase>& op_cases();

/// Standard normal values, a function of (case, input) alone.
std::vector<Tensor> op_inputs(const OpCase& c, DType type, Device device = Device::cpu);

/// The result and the gradients of all inputs for a seed drawn from the normal distribution, as
/// f64.
struct OpResult {
  Tensor y;
  std::vector<Tensor> dx;
};
OpResult run_op(const OpCase& c, const std::vector<Tensor>& inputs);

/// Values of any type and device as f64 on the CPU.
Tensor as_double(const Tensor& x);

/// |a - b| / max(|b|, tiny) with Euclidean norms.
double relative_error(const Tensor& a, const Tensor& b);

}  // namespace siam
