#include "nn/flat_parameters.h"

#include "tensor/gather.h"
#include "tensor/map.h"
#include "tensor/moving_average.h"

namespace siam {

FlatParameters::FlatParameters(const Registry& registry, Device device, DType compute,
                               bool trained) {
  int64_t total = 0;
  for (const auto& [name, parameter] : registry.parameters) {
    entries_.push_back({name, parameter->value.shape(), total});
    total += (parameter->value.shape().numel() + kAlignment - 1) / kAlignment * kAlignment;
  }
  // Padding is zero and stays so: its gradient is zero.
  values = Tensor::zeros({total}, DType::f32, device);
  if (trained) {
    grads = Tensor::zeros({total}, DType::f32, device);
    momentum = Tensor::zeros({total}, DType::f32, device);
  }
  if (compute != DType::f32) half = Tensor::zeros({total}, compute, device);
  for (size_t i = 0; i < entries_.size(); ++i) {
    Parameter& parameter = *registry.parameters[i].second;
    const Tensor value = view(values, entries_[i]);
    value.copy_from(parameter.value.value());
    parameter.value = Variable(value, true);
    leaves_.push_back(parameter.value);
    if (half.defined()) parameter.half = view(half, entries_[i]);
  }
  int64_t elements = 0;
  for (const auto& [name, buffer] : registry.buffers) elements += buffer->numel();
  buffers_ = Tensor::zeros({elements}, DType::f32, device);
  kept_ = buffers_.empty_like();
  elements = 0;
  for (const auto& [name, buffer] : registry.buffers) {
    const Tensor part = buffers_.slice_flat(elements, buffer->numel()).reshape(buffer->shape());
    elements += buffer->numel();
    part.copy_from(*buffer);
    *buffer = part;
  }
  refresh();
}

size_t FlatParameters::bytes() const {
  size_t sum = 0;
  for (const Tensor& each : {values, momentum, grads, half, buffers_, kept_})
    if (each.defined()) sum += each.bytes();
  return sum;
}

Tensor FlatParameters::view(const Tensor& flat, const Entry& entry) const {
  return flat.slice_flat(entry.offset, entry.shape.numel()).reshape(entry.shape);
}

void FlatParameters::zero_grad() {
  for (Variable& leaf : leaves_) leaf.clear_grad();
}

void FlatParameters::collect_grads() {
  std::vector<Tensor> arrived;
  std::vector<int64_t> offsets;
  for (size_t i = 0; i < leaves_.size(); ++i) {
    if (!leaves_[i].grad().defined()) {
      view(grads, entries_[i]).fill_zero();
      continue;
    }
    arrived.push_back(leaves_[i].grad());
    offsets.push_back(entries_[i].offset);
  }
  gather(arrived, offsets, grads);
  zero_grad();
}

void FlatParameters::keep_buffers(const Tensor& enabled) {
  moving_average(kept_, buffers_, /*momentum=*/0, enabled);
  buffers_.copy_from(kept_);
}

void FlatParameters::refresh() {
  if (half.defined()) half.copy_from(cast(values, half.dtype()));
  kept_.copy_from(buffers_);
}

}  // namespace siam
