#include "tensor/cuda/conv_plan.h"

#include <map>

namespace siam::cuda {

ConvKey ConvKey::of(ConvKind kind, const Shape& x, const Shape& filter, DType type,
                    ConvGeometry geometry, LibraryPolicy policy, std::span<void* const> memory) {
  const auto extent = [](int64_t n) { return static_cast<int>(n); };
  uintptr_t addresses = 16;
  for (void* const pointer : memory) addresses |= reinterpret_cast<uintptr_t>(pointer);
  return {.kind = kind,
          .type = type,
          .n = extent(x[0]),
          .h = extent(x[1]),
          .w = extent(x[2]),
          .c = extent(x[3]),
          .k = extent(filter[0]),
          .r = extent(filter[1]),
          .s = extent(filter[2]),
          .stride = geometry.stride,
          .padding = geometry.padding,
          .policy = policy.for_type(type),
          .alignment = static_cast<int>(addresses & -addresses)};
}

std::string ConvKey::name() const {
  constexpr const char* kNames[] = {"forward",
                                    "backward_data",
                                    "backward_weight",
                                    "forward_statistics",
                                    "norm_forward_statistics",
                                    "norm_backward_weight",
                                    "norm_backward_data"};
  return fmt::format("conv_{}_{}{}_{}x{}x{}x{}_{}x{}x{}_s{}p{}{}", kNames[static_cast<int>(kind)],
                     type, policy.suffix(), n, h, w, c, k, r, s, stride, padding,
                     alignment == 16 ? "" : fmt::format("_align{}", alignment));
}

namespace {

// relu(scale x + shift), in the order in which cuDNN looks for it.
int normalized(OperationGraph& graph, DType type, Extents extents, int x, int scale, int shift) {
  const int scaled = graph.between(DType::f32, extents);
  const int shifted = graph.between(DType::f32, extents), a = graph.between(type, extents);
  graph.pointwise(CUDNN_POINTWISE_MUL, x, scale, scaled);
  graph.pointwise(CUDNN_POINTWISE_ADD, scaled, shift, shifted);
  graph.relu(shifted, a);
  return a;
}

}  // namespace

OperationGraph graph_of(const ConvKey& key) {
  const ConvGeometry geometry{key.stride, key.padding};
  const auto out = [&](int size, int window) {
    return (size + 2 * key.padding - window) / key.stride + 1;
  };
  const Extents image{key.n, key.h, key.w, key.c}, filter{key.k, key.r, key.s, key.c},
      result{key.n, out(key.h, key.r), out(key.w, key.s), key.k}, per_c{1, 1, 1, key.c},
      per_k{1, 1, 1, key.k};
  OperationGraph graph;
  const auto stored = [&](Extents extents) {
    return graph.tensor(key.type, extents, key.alignment);
  };
  const auto channels = [&](Extents extents) { return graph.tensor(DType::f32, extents); };
  switch (key.kind) {
    case ConvKind::forward: {
      const int x = stored(image), w = stored(filter), y = stored(result);
      graph.convolution(geometry, x, w, y);
      break;
    }
    case ConvKind::backward_data: {
      const int dy = stored(result), w = stored(filter), dx = stored(image);
      graph.convolution_backward_data(geometry, dy, w, dx);
      break;
    }
    case ConvKind::backward_weight: {
      const int x = stored(image), dy = stored(result), dw = stored(filter);
      graph.convolution_backward_weight(geometry, x, dy, dw);
      break;
    }
    case ConvKind::forward_statistics: {
      const int x = stored(image), w = stored(filter), y = stored(result);
      const int sum = channels(per_k), squares = channels(per_k);
      graph.convolution(geometry, x, w, y);
      graph.statistics(y, sum, squares);
      break;
    }
    case ConvKind::norm_forward_statistics: {
      const int x = stored(image), w = stored(filter), y = stored(result);
      const int sum = channels(per_k), squares = channels(per_k);
      const int scale = stored(per_c), shift = stored(per_c);
      const int a = normalized(graph, key.type, image, x, scale, shift);
      graph.convolution(geometry, a, w, y);
      graph.statistics(y, sum, squares);
      break;
    }
    case ConvKind::norm_backward_weight: {
      const int x = stored(image), dy = stored(result), dw = stored(filter);
      const int scale = stored(per_c), shift = stored(per_c);
      const int a = normalized(graph, key.type, image, x, scale, shift);
      graph.convolution_backward_weight(geometry, a, dy, dw);
      break;
    }
    case ConvKind::norm_backward_data: {
      const int dy = stored(result), w = stored(filter), x = stored(image);
      const int mean = channels(per_c), inverse_deviation = channels(per_c);
      const int gamma = channels(per_c), beta = channels(per_c), g = stored(image);
      const int dgamma = channels(per_c), dbeta = channels(per_c);
      const int unused[] = {channels(per_c), channels(per_c), channels(per_c)};
      const auto next = [&] { return graph.between(DType::f32, image); };
      const int da = next(), centered = next(), xhat = next(), scaled = next(), shifted = next();
      graph.convolution_backward_data(geometry, dy, w, da);
      graph.pointwise(CUDNN_POINTWISE_SUB, x, mean, centered);
      graph.pointwise(CUDNN_POINTWISE_MUL, centered, inverse_deviation, xhat);
      graph.pointwise(CUDNN_POINTWISE_MUL, xhat, gamma, scaled);
      graph.pointwise(CUDNN_POINTWISE_ADD, scaled, beta, shifted);
      graph.relu_backward(da, shifted, g);
      graph.norm_backward_sums(g, x, mean, inverse_deviation, gamma, dgamma, dbeta, unused);
      break;
    }
  }
  return graph;
}

bool allowed(const EngineNotes& notes, DType type, LibraryPolicy policy) {
  if (notes.nondeterministic && policy.deterministic) return false;
  if (type == DType::f32 && !policy.tf32) return !notes.tensor_cores && !notes.rounds_inputs;
  return !notes.narrow_sums;
}

std::vector<Engine> usable(const std::vector<Engine>& engines, DType type, LibraryPolicy policy) {
  constexpr size_t kMost = 16;
  constexpr int kSettings = 4;
  std::vector<Engine> chosen;
  std::map<int64_t, int> settings;  // of each engine
  for (const bool compiles : {false, true})
    for (const Engine& each : engines)
      if (each.notes.compiles == compiles && allowed(each.notes, type, policy) &&
          (!compiles || chosen.empty()) && chosen.size() < kMost &&
          ++settings[each.index] <= kSettings)
        chosen.push_back(each);
  return chosen;
}

}  // namespace siam::cuda
