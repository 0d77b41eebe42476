#pragma once
// One table of differentiable ops with the shapes to try, which drives several tests: gradients
// against central differences, and every storage type on every device against the reference. Ops
// without gradients are tested in tests/tensor/.

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
  int64_t reduction;   ///< terms in the longest sum behind one number, forward or backward
  bool large = false;  ///< too many elements for central differences
  /// Each number is rounded once, and nothing else is rounded: every device has the same bits.
  bool exact = false;
  /// Relative error of f32 arithmetic if results are differences of nearly equal numbers.
  double cancellation = 0;
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

/// Runs the op in the type on the device, with fresh memory poisoned, and in double on the same
/// numbers: the result and every gradient must agree within the relative error, and have the same
/// bits when it runs again. On a GPU they must also agree, element by element, with the reference
/// kernels in the same type.
void compare_with_reference(const OpCase& c, DType type, Device device, double tolerance);

/// Rounding errors of a sum of n terms grow like sqrt(n) for random signs; 2 covers the few
/// successive roundings in an op (measured: at most 0.7).
double f32_tolerance(const OpCase& c);

}  // namespace siam
