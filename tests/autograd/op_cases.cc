#include "tests/autograd/op_cases.h"

#include "tensor/conv.h"
#include "tensor/dispatch_types.h"
#include "tensor/map.h"
#include "tensor/philox.h"
#include "tensor/rows.h"
#include "tests/relative_error.h"

namespace siam {

namespace {

using Inputs = std::vector<Variable>;

Tensor normal_values(const Shape& shape, uint32_t stream, DType type, Device device) {
  Random random(11, Purpose::test, stream);
  Tensor tensor = Tensor::empty(shape, type);
  for_any_float(type, [&]<class T>(T) {
    for (T& value : tensor.span<T>()) value = T(normal(random));
  });
  return tensor.to(device);
}

// Values rounded to bf16, so that they are the same in every type.
Tensor same_in_all_types(const Tensor& values, DType type, Device device) {
  return cast(cast(values, DType::bf16), type).to(device);
}

// A target that does not depend on the input: normal values of its shape and type, or `map` of
// them.
template <class Map>
Variable constant_like(const Variable& x, const Map& map) {
  const Tensor values = map(normal_values(x.shape(), 50, DType::f32, Device::cpu));
  return Variable(same_in_all_types(values, x.dtype(), x.value().device()));
}

OpCase convolution(const char* name, Shape x, Shape w, ConvGeometry geometry) {
  const int64_t outputs = x[0] * x[1] * x[2], filter = w[1] * w[2] * std::max(w[0], w[3]);
  const int64_t products = conv2d_shape(x, w, geometry).numel() * w[1] * w[2] * w[3];
  return {fmt::format("conv2d {}", name),
          {{x}, {w}},
          [=](const Inputs& in) { return conv2d(in[0], in[1], geometry); },
          std::max(outputs, filter),
          (x.numel() + w.numel()) * products > 500'000'000};
}

// Too many elements for central differences.
bool is_large(const Shape& shape) { return shape.numel() > 5000; }

// Without sums, an op rounds each number once (OpCase::exact). One with exp or log uses
// over_columns, whose tolerance leaves room for them.
enum class Sums { none, over_columns };

// An op on `inputs` matrices of one shape, for each of the shapes.
void on_matrices(std::vector<OpCase>& cases, const char* name, size_t inputs, Sums sums,
                 const std::function<Variable(const Inputs&)>& op) {
  // Odd; whole 16-byte packs in every type; more columns than a block of threads; one row; none.
  std::vector<Shape> shapes = {{5, 7}, {8, 16}, {3, 300}, {1, 19}, {0, 8}};
  // Several blocks of elements; rows of several packs for each thread of a block.
  const std::vector<Shape> more = sums == Sums::none
                                      ? std::vector<Shape>{{7, 13}, {64, 64}, {3000, 72}}
                                      : std::vector<Shape>{{5, 3}, {33, 128}, {4, 2051}};
  shapes.insert(shapes.end(), more.begin(), more.end());
  for (const Shape& shape : shapes)
    cases.push_back({fmt::format("{} {}", name, shape), std::vector<OpInput>(inputs, {shape}), op,
                     sums == Sums::none ? 1 : shape[1], is_large(shape), sums == Sums::none});
}

OpCase pooling(Shape x, PoolGeometry g) {
  return {fmt::format("max_pool2d {} {}x{} s{} p{}", x, g.window, g.window, g.stride, g.padding),
          {{x}},
          [=](const Inputs& in) { return max_pool2d(in[0], g); },
          g.window * g.window,
          is_large(x)};
}

OpCase average(Shape x) {
  return {fmt::format("global_avg_pool {}", x),
          {{x}},
          [](const Inputs& in) { return global_avg_pool(in[0]); },
          x[1] * x[2],
          is_large(x)};
}

// x [rows,K] and w [N,K], without a bias and with one.
void add_linear(std::vector<OpCase>& cases, int64_t rows, int64_t k, int64_t n) {
  const auto op = [](const Inputs& in) {
    return linear(in[0], in[1], in.size() > 2 ? in[2] : Variable());
  };
  OpCase c{fmt::format("linear {}x{} to {}", rows, k, n),
           {{{rows, k}}, {{n, k}}},
           op,
           std::max({rows, k, n})};
  cases.push_back(c);
  c.name += " with bias";
  c.inputs.push_back({{n}, true});
  cases.push_back(c);
}

// If used twice, its rule gets two gradients to add. (Equal ones: twice y needs no rounding.)
OpCase normalization(Shape x, int groups, bool affine, bool residual, bool relu, bool twice) {
  const int64_t channels = x[-1];
  OpCase c{fmt::format("batch_norm {} groups {}{}{}{}{}", x, groups, affine ? " affine" : "",
                       residual ? " residual" : "", relu ? " relu" : "", twice ? " twice" : ""),
           {{x}},
           {},
           x.rows(),
           is_large(x)};
  c.cancellation = 1e-4;  // of dx in groups with few rows
  if (affine) c.inputs.insert(c.inputs.end(), {{{channels}, true}, {{channels}, true}});
  if (residual) c.inputs.push_back({x});
  c.op = [=](const Inputs& in) {
    const size_t rest = affine ? 3 : 1;
    const Variable y =
        batch_norm_train(in[0], affine ? in[1] : Variable(), affine ? in[2] : Variable(), {},
                         groups, residual ? in[rest] : Variable(), relu);
    return twice ? add(y, scale(y, 1)) : y;
  };
  return c;
}

std::vector<OpCase> make_cases() {
  std::vector<OpCase> cases = {
      {"scale of a vector", {{{11}}}, [](const Inputs& in) { return scale(in[0], -2.5); }, 1},
      {"mean", {{{6, 9}}}, [](const Inputs& in) { return mean(in[0]); }, 54},
      {"mean of one", {{{1, 1}}}, [](const Inputs& in) { return mean(in[0]); }, 1},
      {"mean over blocks", {{{3, 701}}}, [](const Inputs& in) { return mean(in[0]); }, 2103},
      {"slice", {{{6, 5}}}, [](const Inputs& in) { return slice(in[0], 2, 5); }, 1},
      {"slice of no rows", {{{6, 5}}}, [](const Inputs& in) { return slice(in[0], 2, 2); }, 1},
      {"relu of a slice off the 16-byte grid",
       {{{6, 5}}},
       [](const Inputs& in) { return relu(slice(in[0], 1, 6)); },
       1},
      {"both halves added",
       {{{6, 4}}},
       [](const Inputs& in) { return add(slice(in[0], 3, 6), slice(in[0], 0, 3)); },
       2},
      {"relu of packs and a rest off the 16-byte grid",
       {{{41}}},
       [](const Inputs& in) { return relu(slice(in[0], 3, 41)); },
       1,
       false,
       true},
      pooling({2, 9, 7, 5}, {3, 2, 1}),
      pooling({2, 9, 7, 5}, {2, 2, 0}),
      pooling({3, 16, 16, 64}, {3, 2, 1}),
      pooling({3, 16, 16, 64}, {2, 2, 0}),
      pooling({2, 7, 8, 5}, {3, 2, 1}),
      pooling({2, 6, 6, 16}, {2, 2, 0}),
      pooling({1, 9, 5, 24}, {3, 2, 1}),
      pooling({0, 6, 6, 16}, {2, 2, 0}),
      average({3, 4, 5, 7}),
      average({1, 7, 7, 16}),
      average({0, 4, 5, 7}),
      average({2, 9, 7, 5}),
      average({3, 16, 16, 64}),
      convolution("3x3", {2, 6, 5, 4}, {3, 3, 3, 4}, {1, 1}),
      convolution("3x3 s2", {2, 7, 8, 16}, {16, 3, 3, 16}, {2, 1}),
      convolution("1x1 s2", {3, 6, 6, 8}, {16, 1, 1, 8}, {2, 0}),
      convolution("stem 7x7 s2", {1, 15, 15, 3}, {8, 7, 7, 3}, {2, 3}),
      convolution("stem 3x3", {2, 8, 8, 3}, {16, 3, 3, 3}, {1, 1}),
      convolution("5 to 7 channels", {1, 5, 5, 5}, {7, 3, 3, 5}, {1, 1}),
      convolution("to one pixel", {1, 3, 3, 6}, {9, 3, 3, 6}, {2, 0}),
      convolution("no images", {0, 6, 5, 4}, {3, 3, 3, 4}, {1, 1}),
      convolution("stem 3x3 of odd extents", {2, 9, 7, 3}, {16, 3, 3, 3}, {1, 1}),
      convolution("stem 7x7 s2 of two", {2, 17, 17, 3}, {8, 7, 7, 3}, {2, 3}),
      convolution("3x3 of 32 channels", {3, 8, 8, 32}, {32, 3, 3, 32}, {1, 1}),
      convolution("3x3 s2 of odd extents", {2, 9, 9, 16}, {24, 3, 3, 16}, {2, 1}),
      convolution("1x1 s2 of 16 channels", {2, 8, 8, 16}, {32, 1, 1, 16}, {2, 0}),
      convolution("1x1 of 64 channels", {4, 6, 6, 64}, {16, 1, 1, 64}, {1, 0}),
  };
  on_matrices(cases, "relu", 1, Sums::none, [](const Inputs& in) { return relu(in[0]); });
  on_matrices(cases, "add", 2, Sums::none, [](const Inputs& in) { return add(in[0], in[1]); });
  on_matrices(cases, "add of a value to itself", 1, Sums::none,
              [](const Inputs& in) { return add(in[0], in[0]); });
  on_matrices(cases, "scale", 1, Sums::none, [](const Inputs& in) { return scale(in[0], -2.5); });
  on_matrices(cases, "cast to the type of sums", 1, Sums::none,
              [](const Inputs& in) { return cast(in[0], accumulate_type(in[0].dtype())); });
  on_matrices(cases, "cosine_similarity", 2, Sums::over_columns,
              [](const Inputs& in) { return cosine_similarity(in[0], in[1]); });
  on_matrices(
      cases, "cosine_similarity with a constant", 1, Sums::over_columns, [](const Inputs& in) {
        return cosine_similarity(in[0], constant_like(in[0], [](const Tensor& t) { return t; }));
      });
  on_matrices(cases, "softmax", 1, Sums::over_columns,
              [](const Inputs& in) { return softmax(in[0]); });
  on_matrices(cases, "normalize_rows", 1, Sums::over_columns,
              [](const Inputs& in) { return normalize_rows(in[0]); });
  on_matrices(cases, "softmax_cross_entropy", 1, Sums::over_columns, [](const Inputs& in) {
    return softmax_cross_entropy(in[0],
                                 constant_like(in[0], [](const Tensor& t) { return softmax(t); }));
  });
  add_linear(cases, 5, 7, 3);
  add_linear(cases, 9, 16, 24);
  add_linear(cases, 1, 13, 8);
  add_linear(cases, 0, 7, 3);
  // Two views in one batch; channels in whole packs and not; one image; rows of several blocks.
  struct Norm {
    Shape x;
    int groups;
    bool twice = false;
  };
  for (const auto& [x, groups, twice] :
       std::vector<Norm>{{{12, 5}, 2},
                         {{4, 3, 3, 16}, 1},
                         {{4, 3, 5, 24}, 2},
                         {{6, 5, 3, 13}, 3},
                         {{1, 4, 4, 8}, 1},
                         {{300, 3}, 1},
                         {{6, 13}, 1},
                         // With 3 rows per group dx would be a small remainder of the sum, which is
                         // rounded to the type.
                         {{24, 13}, 2, true},
                         {{4, 3, 5, 24}, 1},
                         {{4, 3, 5, 24}, 2, true},
                         {{16, 7, 7, 64}, 1},
                         {{16, 7, 7, 64}, 2, true}})
    for (bool affine : {false, true})
      for (bool residual : {false, true})
        for (bool relu : {false, true})
          cases.push_back(normalization(x, groups, affine, residual, relu, twice));
  return cases;
}

}  // namespace

const std::vector<OpCase>& op_cases() {
  static const std::vector<OpCase> cases = make_cases();
  return cases;
}

std::vector<Tensor> op_inputs(const OpCase& c, DType type, Device device) {
  std::vector<Tensor> inputs;
  for (const OpInput& input : c.inputs) {
    const bool narrow = type == DType::bf16 || type == DType::f16;
    inputs.push_back(normal_values(input.shape, static_cast<uint32_t>(inputs.size()),
                                   narrow && input.wide ? DType::f32 : type, device));
  }
  return inputs;
}

OpResult run_op(const OpCase& c, const std::vector<Tensor>& inputs) {
  std::vector<Variable> leaves;
  for (const Tensor& input : inputs) leaves.emplace_back(input, true);
  const Variable y = c.op(leaves);
  const Tensor seed = normal_values(y.shape(), 99, DType::f32, Device::cpu);
  backward(y, same_in_all_types(seed, y.dtype(), y.value().device()));
  OpResult result{as_double(y.value()), {}};
  for (const Variable& leaf : leaves) result.dx.push_back(as_double(leaf.grad()));
  return result;
}

}  // namespace siam
