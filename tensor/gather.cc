#include "tensor/gather.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"

namespace siam {

void gather(const std::vector<Tensor>& parts, const std::vector<int64_t>& offsets,
            const Tensor& flat) {
  check(parts.size() == offsets.size(), "gather: {} parts and {} offsets; one for each is needed",
        parts.size(), offsets.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    check(parts[i].dtype() == DType::f32 && offsets[i] >= 0 &&
              offsets[i] + parts[i].numel() <= flat.numel(),
          "gather: {} {} at element {} of {}; f32 inside the buffer is needed", parts[i].dtype(),
          parts[i].shape(), offsets[i], flat.numel());
    check_same_device("gather", {&flat, &parts[i]});
  }
  SIAM_DISPATCH(flat, gather(parts, offsets, flat));
}

}  // namespace siam
