#include "tests/emulator/cudnn_operations.h"

#include <algorithm>
#include <cmath>

#include "tests/emulator/element.h"

namespace emulator {

namespace {

using Values = std::map<int64_t, std::vector<float>>;

bool is_result(cudnnBackendAttributeName_t name) {
  switch (name) {
    case CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y:
    case CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX:
    case CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW:
    case CUDNN_ATTR_OPERATION_POINTWISE_YDESC:
    case CUDNN_ATTR_OPERATION_POINTWISE_DXDESC:
    case CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC:
    case CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC: return true;
    default:
      return CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_SCALE_DESC <= name &&
             name <= CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_BIAS;
  }
}

/// term(y element, x element, w element) for every product of the convolution y = conv(x, w).
template <class Term>
void products(const Operation& op, const GraphTensor& x, const GraphTensor& w, const GraphTensor& y,
              const Term& term) {
  for (int64_t n = 0; n < y.n; ++n)
    for (int64_t p = 0; p < y.h; ++p)
      for (int64_t q = 0; q < y.w; ++q)
        for (int64_t r = 0; r < w.h; ++r)
          for (int64_t s = 0; s < w.w; ++s) {
            const int64_t h = p * op.stride + r - op.padding, v = q * op.stride + s - op.padding;
            if (h < 0 || h >= x.h || v < 0 || v >= x.w) continue;
            const int64_t from = ((n * x.h + h) * x.w + v) * x.c;
            const int64_t to = ((n * y.h + p) * y.w + q) * y.c;
            for (int64_t k = 0; k < y.c; ++k)
              for (int64_t c = 0; c < x.c; ++c)
                term(static_cast<size_t>(to + k), static_cast<size_t>(from + c),
                     static_cast<size_t>(((k * w.h + r) * w.w + s) * w.c + c));
          }
}

float pointwise(cudnnPointwiseMode_t mode, float x, float b) {
  switch (mode) {
    case CUDNN_POINTWISE_ADD: return x + b;
    case CUDNN_POINTWISE_SUB: return x - b;
    case CUDNN_POINTWISE_MUL: return x * b;
    case CUDNN_POINTWISE_RELU_FWD: return std::max(x, 0.0f);
    default: return std::nanf("");
  }
}

class Interpreter {
 public:
  Interpreter(const Operation& op, Values& values) : op_(op), values_(values) {}

  void run() {
    switch (op_.type) {
      case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR: return forward();
      case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR: return backward_data();
      case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR: return backward_filter();
      case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR: return pointwise();
      case CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR: return statistics();
      default: return norm_backward_sums();
    }
  }

 private:
  const GraphTensor& tensor(cudnnBackendAttributeName_t name) { return op_.tensors.at(name); }
  std::vector<float>& of(cudnnBackendAttributeName_t name) { return values_[tensor(name).number]; }
  std::vector<float>& result(cudnnBackendAttributeName_t name) {
    std::vector<float>& values = of(name);
    values.assign(static_cast<size_t>(tensor(name).count()), 0.0f);
    return values;
  }

  /// term(y, x, w) for the elements of every product of y = conv(x, w), one of which is `out`.
  template <class Term>
  void convolve(cudnnBackendAttributeName_t y, cudnnBackendAttributeName_t x,
                cudnnBackendAttributeName_t w, cudnnBackendAttributeName_t out, const Term& term) {
    result(out);
    auto &ys = of(y), &xs = of(x), &ws = of(w);
    products(op_, tensor(x), tensor(w), tensor(y),
             [&](size_t i, size_t j, size_t k) { term(ys[i], xs[j], ws[k]); });
    for (float& value : of(out)) value *= op_.alpha;
  }
  void forward() {
    const auto y = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y;
    convolve(y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
             CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, y,
             [](float& y, float x, float w) { y += x * w; });
  }
  void backward_data() {
    const auto dx = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX;
    convolve(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, dx,
             CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, dx,
             [](float dy, float& dx, float w) { dx += dy * w; });
  }
  void backward_filter() {
    const auto dw = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW;
    convolve(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
             CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, dw, dw,
             [](float dy, float x, float& dw) { dw += dy * x; });
  }
  void pointwise() {
    const bool back = op_.mode == CUDNN_POINTWISE_RELU_BWD;
    const auto x_name = CUDNN_ATTR_OPERATION_POINTWISE_XDESC,
               b_name = CUDNN_ATTR_OPERATION_POINTWISE_BDESC;
    const auto& x = of(x_name);
    auto& y =
        result(back ? CUDNN_ATTR_OPERATION_POINTWISE_DXDESC : CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
    const float* b = op_.tensors.contains(b_name) ? of(b_name).data() : nullptr;
    const float* dy = back ? of(CUDNN_ATTR_OPERATION_POINTWISE_DYDESC).data() : nullptr;
    const size_t channels = static_cast<size_t>(tensor(x_name).c);
    for (size_t i = 0; i < y.size(); ++i)
      y[i] = back ? (x[i] > 0 ? dy[i] : 0.0f)
                  : emulator::pointwise(op_.mode, x[i], b ? b[i % channels] : 0.0f);
  }
  void statistics() {
    const auto& x = of(CUDNN_ATTR_OPERATION_GENSTATS_XDESC);
    auto &sum = result(CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC),
         &squares = result(CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC);
    for (size_t i = 0; i < x.size(); ++i) {
      sum[i % sum.size()] += x[i];
      squares[i % sum.size()] += x[i] * x[i];
    }
  }
  void norm_backward_sums() {
    const auto &dy = of(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DY_DESC),
               &x = of(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_X_DESC),
               &mean = of(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_MEAN_DESC),
               &inverse = of(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_INVSTD_DESC);
    auto &dgamma = result(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_SCALE_DESC),
         &dbeta = result(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_BIAS_DESC);
    for (size_t i = 0; i < x.size(); ++i) {
      const size_t c = i % mean.size();
      dbeta[c] += dy[i];
      dgamma[c] += dy[i] * (x[i] - mean[c]) * inverse[c];
    }
    // Not used by the project, and so not computed: NaN tells if it were.
    for (const auto name : {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_DY_SCALE_DESC,
                            CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_X_SCALE_DESC,
                            CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_BIAS})
      std::ranges::fill(result(name), std::nanf(""));
  }

  const Operation& op_;
  Values& values_;
};

}  // namespace

std::map<int64_t, GraphTensor> OperationGraph::tensors() const {
  std::map<int64_t, GraphTensor> all;
  for (const Operation& op : operations)
    for (const auto& [name, tensor] : op.tensors) all[tensor.number] = tensor;
  return all;
}

std::vector<int64_t> OperationGraph::results() const {
  std::vector<int64_t> numbers;
  for (const Operation& op : operations)
    for (const auto& [name, tensor] : op.tensors)
      if (is_result(name)) numbers.push_back(tensor.number);
  return numbers;
}

bool OperationGraph::supported() const {
  const auto all = tensors();
  return std::ranges::all_of(all, [&](const auto& each) {
    const GraphTensor& t = each.second;
    if (operations.size() == 1) return t.type == all.begin()->second.type;
    return t.c % 8 == 0 && (!t.stored || t.count() == t.c || t.type == siam::DType::f16);
  });
}

void execute(const OperationGraph& graph, const std::map<int64_t, void*>& memory) {
  const auto all = graph.tensors();
  const std::vector<int64_t> results = graph.results();
  const auto made = [&](int64_t number) { return std::ranges::count(results, number) > 0; };
  Values values;
  for (const auto& [number, tensor] : all)
    if (!made(number))
      for (int64_t i = 0; i < tensor.count(); ++i)
        values[number].push_back(read(memory.at(number), tensor.type, i));
  for (const Operation& op : graph.operations) {
    Interpreter(op, values).run();
    for (const auto& [name, tensor] : op.tensors)
      if (is_result(name))  // rounded to its type, whether stored or not
        for (float& value : values.at(tensor.number)) {
          write(&value, tensor.type, 0, value);
          value = read(&value, tensor.type, 0);
        }
  }
  for (const int64_t number : results)
    if (all.at(number).stored)
      for (int64_t i = 0; i < all.at(number).count(); ++i)
        write(memory.at(number), all.at(number).type, i, values.at(number)[static_cast<size_t>(i)]);
}

}  // namespace emulator
