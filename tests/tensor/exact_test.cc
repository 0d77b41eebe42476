// Sums of products of small integers are exact in f32, whatever their order, and every factor is
// exact in bf16 and f16: the difference to the reference must be zero. A result in a narrow type is
// the exact one rounded once. Every buffer is between guard zones and starts as NaN, so that a
// kernel that writes outside its output, or leaves a gap in it, is noticed.

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "tensor/conv.h"
#include "tensor/cpu/conv_algorithm.h"
#include "tensor/cpu/instruction_set.h"
#include "tensor/dispatch.h"
#include "tensor/dispatch_types.h"
#include "tensor/map.h"
#include "tensor/matmul.h"
#include "tensor/parallel.h"
#include "tensor/philox.h"
#include "tensor/pool.h"
#include "tensor/reduce.h"
#include "tests/tensor/guarded_allocator.h"

namespace siam {

namespace {

using Tensors = std::vector<Tensor>;

constexpr auto kTypes = {DType::f32, DType::bf16, DType::f16};

// The reference loops are twenty times slower under the sanitizers, which look for other kinds of
// errors.
#ifdef __SANITIZE_ADDRESS__
constexpr int kShapes = 150, kRepetitions = 1;
constexpr int64_t kImages = 5;
constexpr int64_t kImageSize = 64;
#else
constexpr int kShapes = 1500, kRepetitions = 2;
constexpr int64_t kImages = 32;
constexpr int64_t kImageSize = 224;
#endif

int64_t differences(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  REQUIRE(a.dtype() == b.dtype());
  int64_t count = 0;
  const auto compare = [&]<class T>(T) {
    const T *left = a.data<T>(), *right = b.data<T>();
    for (int64_t i = 0; i < a.numel(); ++i)
      count += !(static_cast<float>(left[i]) == static_cast<float>(right[i]));
  };
  if (a.dtype() == DType::u8)
    compare(uint8_t{});
  else
    for_float(a.dtype(), compare);
  return count;
}

class ExactTest {
 public:
  explicit ExactTest(uint32_t stream) : random_(3, Purpose::test, stream) {
    poison_empty_tensors(true);
  }
  ~ExactTest() { poison_empty_tensors(false); }

  /// Uniform in {1, ..., n}.
  int64_t extent(uint32_t n) { return 1 + below(n); }
  int64_t below(uint32_t n) { return random_.below(n); }
  /// Uniform in {-2, ..., 2}, f32.
  Tensor integers(const Shape& shape) {
    const Tensor tensor = Tensor::empty(shape);
    for (float& value : tensor.span<float>()) value = static_cast<float>(below(5)) - 2;
    return tensor;
  }

  /// Compares `op`, in each storage type and with each instruction set that the CPU has, with the
  /// f32 reference.
  void check(const Tensors& inputs, std::initializer_list<DType> types,
             const std::function<Tensors(const Tensors&)>& op) const {
    const Tensors expected = [&] {
      const ScopedReference reference;
      return op(inputs);
    }();
    for (const DType type : types)
      for (const cpu::InstructionSet set : cpu::available_instruction_sets()) {
        CAPTURE(type);
        CAPTURE(cpu::name_of(set));
        const cpu::ScopedInstructionSet scope(set);
        Tensors typed;
        for (const Tensor& input : inputs) typed.push_back(cast(input, type));
        const Tensors got = op(typed);
        for (size_t i = 0; i < got.size(); ++i) {
          CAPTURE(i);
          const DType result = got[i].dtype();
          CHECK(differences(got[i],
                            result == DType::u8 ? expected[i] : cast(expected[i], result)) == 0);
        }
      }
    CHECK(guarded_.intact());
  }

  /// All three kernels of a convolution, direct ones, since Winograd has fractions.
  void check_conv(const Shape& x, const Shape& w, ConvGeometry g) {
    CAPTURE(fmt::format("x {} w {} stride {} padding {}", x, w, g.stride, g.padding));
    const cpu::ScopedDirectConv direct;
    check({integers(x), integers(w), integers(conv2d_shape(x, w, g))}, kTypes,
          [&](const Tensors& t) {
            return Tensors{conv2d(t[0], t[1], g), conv2d_backward_data(t[2], t[1], x, g),
                           conv2d_backward_weight(t[2], t[0], w, g)};
          });
  }

 private:
  GuardedAllocator guarded_;
  ScopedAllocator scope_{guarded_};
  Random random_;
};

// Ends the process if the test that holds it hangs.
class Deadline {
 public:
  explicit Deadline(unsigned seconds) { alarm(seconds); }
  ~Deadline() { alarm(0); }
};

}  // namespace

TEST_CASE("convolutions of integers are exact: random shapes") {
  ExactTest test(1);
  for (int i = 0; i < kShapes; ++i) {
    // Multiples of 16 use the vector kernels, other numbers their tails.
    const int64_t channels = test.below(3) ? test.extent(20) : 16 * test.extent(3);
    const int64_t filters = test.below(3) ? test.extent(20) : 16 * test.extent(3);
    const int64_t r = test.extent(4), s = test.extent(4);
    const int stride = static_cast<int>(test.extent(3));
    const int padding = static_cast<int>(test.below(static_cast<uint32_t>(r < s ? r : s)));
    // Starts at an image that is as large as the filter only because of the padding.
    const int64_t height = std::max(r - 2 * padding, int64_t{1}) + test.below(9);
    const int64_t width = std::max(s - 2 * padding, int64_t{1}) + test.below(9);
    test.check_conv({test.extent(3), height, width, channels}, {filters, r, s, channels},
                    {stride, padding});
  }
}

// Shortcuts of narrow networks: images with fewer channels than a vector has lanes, where a kernel
// may read or write past a row. Each thread has a part, so their number matters.
TEST_CASE("convolutions of integers are exact: strided shortcuts of few channels") {
  const Deadline deadline(300);
  ExactTest test(7);
  for (int repetition = 0; repetition < kRepetitions; ++repetition)
    for (int count = 1; count <= 3; ++count) {
      set_threads(count);
      for (const int64_t images : {int64_t{3}, kImages})
        for (const int64_t size : {8, 16, 32})
          for (int64_t channels = 1; channels <= 20; ++channels)
            test.check_conv({images, size, size, channels}, {2 * channels, 1, 1, channels}, {2, 0});
    }
  set_threads(0);
}

TEST_CASE("convolutions of integers are exact: every layer of ResNet-50") {
  ExactTest test(2);
  const auto layer = [&](int64_t size, int64_t in, int64_t out, int64_t kernel, int stride) {
    test.check_conv({1, size, size, in}, {out, kernel, kernel, in},
                    {stride, static_cast<int>(kernel / 2)});
  };
  layer(kImageSize, 3, 64, 7, 2);
  int64_t size = kImageSize / 4, in = 64;
  for (int stage = 0; stage < 4; ++stage) {
    const int64_t width = int64_t{64} << stage, out = 4 * width;
    const int stride = stage == 0 ? 1 : 2;
    layer(size, in, width, 1, 1);          // first block, reduction
    layer(size, in, out, 1, stride);       // first block, shortcut
    layer(size, width, width, 3, stride);  // first block
    size /= stride;
    layer(size, width, out, 1, 1);                    // every block, expansion
    layer(size, out, width, 1, 1);                    // later blocks, reduction
    if (stride > 1) layer(size, width, width, 3, 1);  // later blocks
    in = out;
  }
}

TEST_CASE("products of integers are exact: random shapes, all transposes") {
  ExactTest test(3);
  for (int i = 0; i < kShapes; ++i) {
    const int64_t m = test.extent(70), n = test.extent(70), k = test.extent(70);
    const auto ta = Transpose(test.below(2) == 1), tb = Transpose(test.below(2) == 1);
    CAPTURE(fmt::format("{} {} {} transposes {} {}", m, n, k, int(ta), int(tb)));
    test.check({test.integers(ta == Transpose::yes ? Shape{k, m} : Shape{m, k}),
                test.integers(tb == Transpose::yes ? Shape{n, k} : Shape{k, n})},
               kTypes, [&](const Tensors& t) {
                 return Tensors{matmul(t[0], ta, t[1], tb, t[0].dtype()),
                                matmul(t[0], ta, t[1], tb, DType::f32)};
               });
  }
}

TEST_CASE("max-pooling of integers is exact, both ways") {
  ExactTest test(4);
  for (int i = 0; i < kShapes; ++i) {
    const int window = static_cast<int>(test.extent(5));
    const PoolGeometry g{window, static_cast<int>(test.extent(3)),
                         static_cast<int>(test.below(static_cast<uint32_t>(window / 2 + 1)))};
    const int64_t height = window + test.below(8), width = window + test.below(8);
    const Shape x{test.extent(3), height, width, test.extent(20)};
    CAPTURE(fmt::format("x {} window {} stride {} padding {}", x, window, g.stride, g.padding));
    const auto pooled = [&](int64_t n) { return (n + 2 * g.padding - window) / g.stride + 1; };
    test.check({test.integers(x), test.integers({x[0], pooled(height), pooled(width), x[3]})},
               kTypes, [&](const Tensors& t) {
                 const MaxPool pool = max_pool2d(t[0], g);
                 return Tensors{pool.y, pool.taps, max_pool2d_backward(t[1], pool.taps, x, g)};
               });
  }
}

// If the number of pixels is a power of two, the mean of integers is exact too, before it is
// rounded.
TEST_CASE("average pooling of integers is exact, both ways") {
  ExactTest test(5);
  for (int i = 0; i < kShapes; ++i) {
    const int64_t height = 1 << test.below(4), width = 1 << test.below(4);
    const Shape x{test.extent(5), height, width, test.extent(40)};
    CAPTURE(fmt::format("x {}", x));
    test.check({test.integers(x), test.integers({x[0], x[3]})}, kTypes, [&](const Tensors& t) {
      return Tensors{global_avg_pool(t[0]), global_avg_pool_backward(t[1], x)};
    });
  }
}

TEST_CASE("sums and means of integers are exact") {
  ExactTest test(6);
  for (int i = 0; i < kShapes; ++i) {
    const Shape x{test.extent(300), test.extent(40)};
    CAPTURE(fmt::format("x {}", x));
    test.check({test.integers(x)}, kTypes, [](const Tensors& t) {
      return Tensors{sum_rows(t[0]), mean(t[0])};
    });
  }
}

// A product of two halves is exact in f32: what is left to differ is how a half becomes an f32, and
// an f32 a half. The factors lead to ties, subnormals and infinities.
TEST_CASE("every bf16 and f16 is widened and rounded as defined") {
  for (const DType type : {DType::bf16, DType::f16}) {
    const Tensor halves = Tensor::empty({1, 65536}, type);
    for (int64_t i = 0; i < halves.numel(); ++i)
      static_cast<uint16_t*>(halves.raw())[i] = static_cast<uint16_t>(i);
    const Tensor factors =
        cast(Tensor::from<float>({6, 1}, {1, -1, 1.0078125f, -0.0390625f, 11, 0.001953125f}), type);
    const auto products = [&](DType result) {
      return cast(matmul(factors, Transpose::no, halves, Transpose::no, result), DType::f32);
    };
    for (const DType result : {type, DType::f32}) {
      const Tensor expected = [&] {
        const ScopedReference reference;
        return products(result);
      }();
      for (const cpu::InstructionSet set : cpu::available_instruction_sets()) {
        CAPTURE(fmt::format("{} to {}, {}", type, result, cpu::name_of(set)));
        const cpu::ScopedInstructionSet scope(set);
        const Tensor got = products(result);
        int64_t different = 0;
        for (int64_t i = 0; i < got.numel(); ++i) {
          const float a = expected.data<float>()[i], b = got.data<float>()[i];
          different += std::isnan(a) ? !std::isnan(b) : a != b;
        }
        CHECK(different == 0);
      }
    }
  }
}

}  // namespace siam
