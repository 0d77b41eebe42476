#include "data/device_images.h"

#include <cstring>
#include <map>
#include <mutex>

#include "tensor/memory.h"

namespace siam {

namespace {

DeviceImages upload(const Dataset& dataset) {
  const Image first = dataset.image(0);
  const Tensor host =
      Tensor::empty({dataset.size(), int64_t{first.height}, int64_t{first.width}, 3}, DType::u8);
  const size_t bytes = host.bytes() / static_cast<size_t>(dataset.size());
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const Image image = dataset.image(i);
    check(
        image.height == first.height && image.width == first.width,
        "{}: image {} is {}x{}, and the first {}x{}; one size is needed on a GPU; use --device cpu",
        dataset.name(), i, image.height, image.width, first.height, first.width);
    std::memcpy(host.data<uint8_t>() + static_cast<size_t>(i) * bytes, image.pixels, bytes);
  }
  const ScopedAllocator scope(gpu_allocator(), Device::cuda);  // they outlive the caller
  return {host.to(Device::cuda), first.height, first.width};
}

}  // namespace

std::shared_ptr<const DeviceImages> DeviceImages::of(const Dataset& dataset) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const DeviceImages>> known;  // by content
  const std::lock_guard lock(mutex);
  auto& entry = known[dataset.fingerprint()];
  auto images = entry.lock();
  if (!images) {
    images = std::make_shared<const DeviceImages>(upload(dataset));
    entry = images;
  }
  return images;
}

}  // namespace siam
