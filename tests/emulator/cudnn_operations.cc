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
    case CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW: return true;
    default: return false;
  }
}

/// Calls term(y element, x element, w element) for every product of the convolution y = conv(x, w).
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

class Interpreter {
 public:
  Interpreter(const Operation& op, Values& values) : op_(op), values_(values) {}

  void run() {
    switch (op_.type) {
      case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR: return forward();
      case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR: return backward_data();
      default: return backward_filter();
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

  /// Calls term(y, x, w) for the elements of every product of y = conv(x, w); one of the tensors is
  /// `out`.
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
    return t.type == all.begin()->second.type;
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
      if (is_result(name))
        for (float& value : values.at(tensor.number)) {
          write(&value, tensor.type, 0, value);
          value = read(&value, tensor.type, 0);
        }
  }
  for (const int64_t number : results)
    for (int64_t i = 0; i < all.at(number).count(); ++i)
      write(memory.at(number), all.at(number).type, i, values.at(number)[static_cast<size_t>(i)]);
}

}  // namespace emulator
