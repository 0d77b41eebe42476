#include "simsiam/export.h"

namespace siam {

namespace {

// [K,R,S,C] -> [K,C,R,S].
Tensor channels_first(const Tensor& filter) {
  const Tensor from = filter.to(Device::cpu);
  const int64_t k = from.dim(0), window = from.dim(1) * from.dim(2), c = from.dim(3);
  const Tensor to = Tensor::empty({k, c, from.dim(1), from.dim(2)});
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < window; ++j)
      for (int64_t l = 0; l < c; ++l)
        to.data<float>()[(i * c + l) * window + j] = from.data<float>()[(i * window + j) * c + l];
  return to;
}

}  // namespace

TensorFile torchvision_backbone(SimSiam& model, const AugmentConfig& augment) {
  const Registry registry = registry_of(model.backbone);
  TensorFile file{.metadata = {{"format", "pt"}, {"transform", torchvision_transform(augment)}}};
  for (const auto& [name, parameter] : registry.parameters) {
    const Tensor& value = parameter->value.value();
    file.tensors[name] = value.rank() == 4 ? channels_first(value) : value;
  }
  for (const auto& [name, buffer] : registry.buffers) file.tensors[name] = *buffer;
  return file;
}

}  // namespace siam
