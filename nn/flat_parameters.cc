#include "nn/flat_parameters.h"

#include "tensor/map.h"

namespace siam {

FlatParameters::FlatParameters(const Registry& registry, Device device, DType compute) {
  int64_t total = 0;
  for (const auto& [name, parameter] : registry.parameters) {
    entries_.push_back({name, parameter->value.shape(), total});
    total += (parameter->value.shape().numel() + kAlignment - 1) / kAlignment * kAlignment;
  }
  // Padding is zero and stays so: its gradient is zero.
  values = Tensor::zeros({total}, DType::f32, device);
  grads = Tensor::zeros({total}, DType::f32, device);
  momentum = Tensor::zeros({total}, DType::f32, device);
  if (compute != DType::f32) half = Tensor::zeros({total}, compute, device);
  for (size_t i = 0; i < entries_.size(); ++i) {
    Parameter& parameter = *registry.parameters[i].second;
    const Tensor value = view(values, entries_[i]);
    value.copy_from(parameter.value.value());
    parameter.value = Variable(value, true);
    parameter.value.accumulate_into(view(grads, entries_[i]));
    if (half.defined()) parameter.half = view(half, entries_[i]);
  }
  for (const auto& [name, buffer] : registry.buffers) *buffer = buffer->to(device);
  refresh_half();
}

int64_t FlatParameters::parameter_count() const {
  int64_t count = 0;
  for (const Entry& entry : entries_) count += entry.shape.numel();
  return count;
}

Tensor FlatParameters::view(const Tensor& flat, const Entry& entry) const {
  return flat.slice_flat(entry.offset, entry.shape.numel()).reshape(entry.shape);
}

void FlatParameters::zero_grad() { grads.fill_zero(); }

void FlatParameters::refresh_half() {
  if (half.defined()) half.copy_from(cast(values, half.dtype()));
}

}  // namespace siam
