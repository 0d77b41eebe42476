// Any device and type against the reference, in double and in the type.

#include <doctest/doctest.h>

#include <cmath>

#include "tests/autograd/op_cases.h"
#include "tests/relative_error.h"
#include "tests/same_bits.h"
#include "tests/tensor/cuda_compare.h"

namespace siam {

namespace {

// The op's inputs, widened so that the reference works on exactly the same numbers.
std::vector<Tensor> widened(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> wide;
  for (const Tensor& input : inputs) wide.push_back(as_double(input));
  return wide;
}

// Both round where the op does: what remains is the order of sums, and values on the edge between
// two roundings.
void compare_elements(const OpCase& c, DType type, const OpResult& got) {
  const ScopedReference reference;
  const OpResult expected = run_op(c, op_inputs(c, type));
  const double tolerance = c.exact ? 0 : std::max(tolerance_of(type), c.cancellation);
  CHECK(mismatches(expected.y, got.y, tolerance) == 0);
  for (size_t i = 0; i < got.dx.size(); ++i) {
    CAPTURE(i);
    CHECK(mismatches(expected.dx[i], got.dx[i], tolerance) == 0);
  }
}

}  // namespace

void compare_with_reference(const OpCase& c, DType type, Device device, double tolerance) {
  CAPTURE(c.name);
  CAPTURE(type);
  const std::vector<Tensor> inputs = op_inputs(c, type, device);
  const OpResult expected = run_op(c, widened(inputs));
  poison_empty_tensors(true);
  const OpResult got = run_op(c, inputs), again = run_op(c, inputs);
  poison_empty_tensors(false);
  CHECK(got.y.shape() == expected.y.shape());
  CHECK(relative_error(got.y, expected.y) < tolerance);
  CHECK(same_bits(got.y, again.y));
  for (size_t i = 0; i < got.dx.size(); ++i) {
    CAPTURE(i);
    CHECK(got.dx[i].shape() == expected.dx[i].shape());
    CHECK(relative_error(got.dx[i], expected.dx[i]) < tolerance);
    CHECK(same_bits(got.dx[i], again.dx[i]));
  }
  if (device == Device::cuda) compare_elements(c, type, got);
}

double f32_tolerance(const OpCase& c) {
  return 2 * 0x1p-24 * std::sqrt(static_cast<double>(c.reduction));
}

}  // namespace siam
