#include "nn/module.h"

namespace siam {

Variable Parameter::as(DType type) const {
  return type == DType::f32
             ? value
             : cast(value, type, half.defined() && half.dtype() == type ? half : Tensor());
}

void Registry::parameter(const std::string& name, Parameter& parameter) {
  if (parameter.defined()) parameters.emplace_back(prefix_ + name, &parameter);
}

void Registry::buffer(const std::string& name, Tensor& buffer) {
  if (buffer.defined()) buffers.emplace_back(prefix_ + name, &buffer);
}

Tensor Initializer::normal(const Shape& shape, double deviation) {
  Random random(seed_, Purpose::init, index_++);
  Tensor tensor = Tensor::empty(shape);
  for (float& value : tensor.span<float>())
    value = static_cast<float>(deviation) * siam::normal(random);
  return tensor;
}

Tensor Initializer::uniform(const Shape& shape, double bound) {
  Random random(seed_, Purpose::init, index_++);
  const float limit = static_cast<float>(bound);
  Tensor tensor = Tensor::empty(shape);
  for (float& value : tensor.span<float>()) value = random.uniform(-limit, limit);
  return tensor;
}

}  // namespace siam
