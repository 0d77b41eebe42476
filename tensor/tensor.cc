#include "tensor/tensor.h"

#include <atomic>

#include "tensor/allocator.h"
#include "tensor/memory.h"

namespace siam {

namespace {

std::atomic<bool> poison = false;

void copy_bytes(void* to, Device to_device, const void* from, Device from_device, size_t bytes) {
  if (bytes == 0) return;
  if (to_device == Device::cpu && from_device == Device::cpu) {
    std::memcpy(to, from, bytes);
  } else {
    gpu_copy(to, to_device, from, from_device, bytes);
  }
}

void set_bytes(void* to, Device device, int value, size_t bytes) {
  if (bytes == 0) return;
  if (device == Device::cpu) {
    std::memset(to, value, bytes);
  } else {
    gpu_fill(to, value, bytes);
  }
}

double element(const void* raw, DType type) {
  switch (type) {
    case DType::f64: return *static_cast<const double*>(raw);
    case DType::f32: return *static_cast<const float*>(raw);
    case DType::bf16: return *static_cast<const bf16*>(raw);
    case DType::f16: return *static_cast<const f16*>(raw);
    case DType::u8: return *static_cast<const uint8_t*>(raw);
    case DType::i32: return *static_cast<const int32_t*>(raw);
  }
  return 0;
}

template <class T>
void fill_host(const Tensor& tensor, T value) {
  for (T& element : tensor.span<T>()) element = value;
}

}  // namespace

struct Tensor::Storage {
  Storage(size_t bytes, Device device)
      : source(allocator(device)), device(device), data(source.allocate(bytes)) {}
  ~Storage() { source.free(data); }
  Storage(const Storage&) = delete;

  Allocator& source;
  Device device;
  void* data;
};

void poison_empty_tensors(bool on) { poison = on; }

Tensor Tensor::empty(const Shape& shape, DType type, Device device) {
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.dtype_ = type;
  tensor.storage_ = std::make_shared<Storage>(tensor.bytes(), device);
  // All bits set is a NaN in every floating-point format.
  if (poison) set_bytes(tensor.raw(), device, 0xff, tensor.bytes());
  return tensor;
}

Tensor Tensor::zeros(const Shape& shape, DType type, Device device) {
  Tensor tensor = empty(shape, type, device);
  tensor.fill_zero();
  return tensor;
}

Tensor Tensor::full(const Shape& shape, double value, DType type, Device device) {
  Tensor tensor = empty(shape, type);
  switch (type) {
    case DType::f64: fill_host<double>(tensor, value); break;
    case DType::f32: fill_host<float>(tensor, static_cast<float>(value)); break;
    case DType::bf16: fill_host<bf16>(tensor, bf16(static_cast<float>(value))); break;
    case DType::f16: fill_host<f16>(tensor, f16(static_cast<float>(value))); break;
    case DType::u8: fill_host<uint8_t>(tensor, static_cast<uint8_t>(value)); break;
    case DType::i32: fill_host<int32_t>(tensor, static_cast<int32_t>(value)); break;
  }
  return tensor.to(device);
}

Device Tensor::device() const { return storage_ ? storage_->device : Device::cpu; }

void* Tensor::raw() const {
  check(defined(), "tensor: used before it was given a value");
  return static_cast<char*>(storage_->data) + offset_;
}

double Tensor::item() const {
  check(numel() == 1, "item: shape {}; one element is needed", shape_);
  const Tensor host = to(Device::cpu);
  return element(host.raw(), dtype_);
}

Tensor Tensor::reshape(const Shape& shape) const {
  check(shape.numel() == numel(), "reshape: {} to {}; the number of elements must stay", shape_,
        shape);
  Tensor view = *this;
  view.shape_ = shape;
  return view;
}

Tensor Tensor::rows(int64_t begin, int64_t end) const {
  check(rank() > 0 && 0 <= begin && begin <= end && end <= dim(0),
        "rows: [{}, {}) of shape {}; a range inside the leading dimension is needed", begin, end,
        shape_);
  Tensor view = *this;
  view.shape_[0] = end - begin;
  const int64_t row = dim(0) == 0 ? 0 : numel() / dim(0);
  view.offset_ += static_cast<size_t>(begin * row) * size_of(dtype_);
  return view;
}

Tensor Tensor::slice_flat(int64_t offset, int64_t count) const {
  return reshape({numel()}).rows(offset, offset + count);
}

Tensor Tensor::to(Device device) const {
  if (!defined() || device == this->device()) return *this;
  Tensor copy = empty(shape_, dtype_, device);
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::clone() const {
  Tensor copy = empty_like();
  copy.copy_from(*this);
  return copy;
}

void Tensor::fill_zero() const { set_bytes(raw(), device(), 0, bytes()); }

void Tensor::copy_from(const Tensor& source) const {
  check(source.shape_ == shape_ && source.dtype_ == dtype_,
        "copy_from: {} {} into {} {}; shape and type must agree", source.dtype_, source.shape_,
        dtype_, shape_);
  copy_bytes(raw(), device(), source.raw(), source.device(), bytes());
}

}  // namespace siam
