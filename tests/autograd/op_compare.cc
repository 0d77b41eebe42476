// Any device and type against the double reference.

#include <doctest/doctest.h>

#include <cmath>

#include "tests/autograd/op_cases.h"

namespace siam {

namespace {

// What the op sees, as numbers the reference can work on exactly.
std::vector<Tensor> widened(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> wide;
  for (const Tensor& input : inputs) wide.push_back(as_double(input));
  return wide;
}

}  // namespace

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

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
}

double f32_tolerance(const OpCase& c) {
  return 2 * 0x1p-24 * std::sqrt(static_cast<double>(c.reduction));
}

}  // namespace siam
