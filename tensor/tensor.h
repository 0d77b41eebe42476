#pragma once
// An n-dimensional array: a shape, a storage type, and shared, contiguous memory. Knows nothing
// about gradients. Images are [N,H,W,C], filters [K,R,S,C], matrices [rows,C]: channels are always
// innermost.

#include <cstring>
#include <memory>
#include <span>

#include "tensor/check.h"
#include "tensor/device.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace siam {

class Allocator;

class Tensor {
 public:
  /// No tensor at all: defined() is false. Stands for "no bias", "no gradient".
  Tensor() = default;

  /// Memory with unspecified contents.
  static Tensor empty(const Shape& shape, DType type = DType::f32, Device device = Device::cpu);
  static Tensor zeros(const Shape& shape, DType type = DType::f32, Device device = Device::cpu);
  static Tensor full(const Shape& shape, double value, DType type = DType::f32,
                     Device device = Device::cpu);
  /// Copies the values, whose number must match the shape.
  template <class T>
  static Tensor from(const Shape& shape, std::span<const T> values, Device device = Device::cpu);
  template <class T>
  static Tensor from(const Shape& shape, std::initializer_list<T> values) {
    return from(shape, std::span<const T>(values.begin(), values.size()));
  }
  /// Same shape, type and device, contents unspecified.
  Tensor empty_like() const { return empty(shape_, dtype_, device()); }

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t dim(int i) const { return shape_[i]; }
  int64_t numel() const { return shape_.numel(); }
  size_t bytes() const { return static_cast<size_t>(numel()) * size_of(dtype_); }
  DType dtype() const { return dtype_; }
  Device device() const;

  void* raw() const;
  /// The elements. Error unless T is the storage type.
  template <class T>
  T* data() const {
    check(dtype_of<T>() == dtype_, "tensor: elements are {}, not {}", dtype_, dtype_of<T>());
    return static_cast<T*>(raw());
  }
  template <class T>
  std::span<T> span() const {
    return {data<T>(), static_cast<size_t>(numel())};
  }
  /// The only element of a one-element tensor of any type, from any device.
  double item() const;

  /// The same elements in another shape with the same number of elements; shares memory.
  Tensor reshape(const Shape& shape) const;
  /// Entries [begin, end) of the leading dimension; shares memory.
  Tensor rows(int64_t begin, int64_t end) const;
  /// `count` elements from `offset` on, as a vector; shares memory.
  Tensor slice_flat(int64_t offset, int64_t count) const;
  /// This tensor, or a copy if it is on another device.
  Tensor to(Device device) const;
  Tensor clone() const;
  /// Overwrites the elements with those of a tensor of the same shape and type, on any device.
  void copy_from(const Tensor& source) const;
  /// Sets every element to zero.
  void fill_zero() const;
  /// True if no other Tensor shares the memory, so it may be overwritten without anyone noticing.
  bool unique() const { return storage_.use_count() == 1; }

 private:
  struct Storage;
  std::shared_ptr<Storage> storage_;
  size_t offset_ = 0;  ///< bytes from the start of the storage
  Shape shape_;
  DType dtype_ = DType::f32;
};

template <class T>
Tensor Tensor::from(const Shape& shape, std::span<const T> values, Device device) {
  check(static_cast<int64_t>(values.size()) == shape.numel(),
        "tensor: {} values for shape {}; {} are needed", values.size(), shape, shape.numel());
  Tensor tensor = empty(shape, dtype_of<T>(), Device::cpu);
  if (!values.empty()) std::memcpy(tensor.raw(), values.data(), values.size_bytes());
  return tensor.to(device);
}

/// While true, Tensor::empty fills floating-point memory with NaN, so that a kernel that leaves an
/// element unwritten, or reads one before writing it, is noticed. For tests.
void poison_empty_tensors(bool on);

}  // namespace siam
