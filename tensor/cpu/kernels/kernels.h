#pragma once
// Convolution and matrix product for CPUs, from one source (kernels.cc) compiled once per
// instruction set. Sums are taken in f32 in an order that depends on the shape alone: the bits are
// the same for every number of threads and, for forward and data gradient, however the batch is
// split.
//
// Only declarations here, and nothing inline: the linker keeps one copy of an inline function, and
// the copy compiled for AVX-512 must not serve a CPU without it.

#include <cstddef>
#include <cstdint>

namespace siam {
enum class DType : uint8_t;
}

namespace siam::cpu {

/// Sizes as in conv.h: images [n,h,w,c], filters [k,r,s,c], results [n,p,q,k]. None is 0.
struct ConvShape {
  int64_t n, h, w, c, k, r, s, p, q;
  int64_t stride, padding;
};

/// direct: the definition's products, as a matrix product. The others need fewer products, in
/// transformed tiles (winograd_algebra.h) of 4x4 or 2x2 results, for 3x3 filters of stride 1 with a
/// padding of 0 to 2 (f43, f23), or of stride 2 with a padding of 1 (stride2), and at least as many
/// channels on both sides as a vector has lanes.
enum class ConvAlgorithm { direct, winograd_f43, winograd_f23, winograd_stride2 };

/// a [m,k], or [k,m] transposed; b [k,n], or [n,k] transposed; c [m,n]. None is 0.
struct MatmulShape {
  int64_t m, n, k;
  bool transpose_a, transpose_b;
};

/// The kernels for one instruction set. An infinity or NaN stays within its image, as in the
/// definition; there it may turn more elements into NaN than in the definition: borders are zeros
/// that are multiplied, and a Winograd tile is computed as a whole. Pointers are to dense arrays of
/// `type`: f32, bf16 or f16.
struct Kernels {
  void (*conv2d)(const ConvShape& shape, ConvAlgorithm algorithm, DType type, const void* x,
                 const void* w, void* y);
  void (*conv2d_backward_data)(const ConvShape& shape, ConvAlgorithm algorithm, DType type,
                               const void* dy, const void* w, void* dx);
  void (*conv2d_backward_weight)(const ConvShape& shape, ConvAlgorithm algorithm, DType type,
                                 const void* dy, const void* x, float* dw);
  void (*matmul)(const MatmulShape& shape, DType type, const void* a, const void* b, DType c_type,
                 void* c);
};

/// Kernels for bf16 with instructions for it, by the definition's products.
struct Bf16Kernels {
  /// They support sums over a multiple of this many channels, or columns; the weight gradient, if
  /// there is one, needs images with such a multiple of channels, and results with a multiple of
  /// 16.
  int64_t depth;
  void (*conv2d)(const ConvShape& shape, const void* x, const void* w, void* y);
  void (*conv2d_backward_data)(const ConvShape& shape, const void* dy, const void* w, void* dx);
  void (*conv2d_backward_weight)(const ConvShape& shape, const void* dy, const void* x, float* dw);
  void (*matmul)(const MatmulShape& shape, const void* a, const void* b, DType c_type, void* c);
};

extern const Bf16Kernels pair_kernels;  ///< AVX512_BF16
extern const Bf16Kernels tile_kernels;  ///< AMX

extern const Kernels baseline_kernels;  ///< 4 lanes: works on every CPU of the architecture
extern const Kernels avx2_kernels;      ///< 8 lanes and fused multiply-adds
extern const Kernels avx512_kernels;    ///< 16 lanes

/// Scratch memory of one call, from the tensor allocator. Throws OutOfMemory.
class Scratch {
 public:
  explicit Scratch(size_t floats);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  float* data() const { return data_; }

 private:
  void* tensor_;
  float* data_;
};

}  // namespace siam::cpu
