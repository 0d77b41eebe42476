#include "tensor/cuda/library/conv_plan.h"

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
  constexpr const char* kNames[] = {"forward", "backward_data", "backward_weight"};
  return fmt::format("conv_{}_{}{}_{}x{}x{}x{}_{}x{}x{}_s{}p{}{}", kNames[static_cast<int>(kind)],
                     type, policy.suffix(), n, h, w, c, k, r, s, stride, padding,
                     alignment == 16 ? "" : fmt::format("_align{}", alignment));
}

OperationGraph graph_of(const ConvKey& key) {
  const ConvGeometry geometry{key.stride, key.padding};
  const auto out = [&](int size, int window) {
    return (size + 2 * key.padding - window) / key.stride + 1;
  };
  const Extents image{key.n, key.h, key.w, key.c}, filter{key.k, key.r, key.s, key.c},
      result{key.n, out(key.h, key.r), out(key.w, key.s), key.k};
  OperationGraph graph;
  const auto tensor = [&](Extents extents) {
    return graph.tensor(key.type, extents, key.alignment);
  };
  switch (key.kind) {
    case ConvKind::forward: {
      const int x = tensor(image), w = tensor(filter), y = tensor(result);
      graph.convolution(geometry, x, w, y);
      break;
    }
    case ConvKind::backward_data: {
      const int dy = tensor(result), w = tensor(filter), dx = tensor(image);
      graph.convolution_backward_data(geometry, dy, w, dx);
      break;
    }
    case ConvKind::backward_weight: {
      const int x = tensor(image), dy = tensor(result), dw = tensor(filter);
      graph.convolution_backward_weight(geometry, x, dy, dw);
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

std::vector<Engine> usable(const std::vector<Engine>& engines, DType type, LibraryPolicy policy,
                           bool compiles) {
  const size_t most = compiles ? 4 : 16;
  constexpr int kSettings = 4;
  std::vector<Engine> chosen;
  std::map<int64_t, int> settings;  // of each engine
  for (const Engine& each : engines)
    if (each.notes.compiles == compiles && allowed(each.notes, type, policy) &&
        chosen.size() < most && ++settings[each.index] <= kSettings)
      chosen.push_back(each);
  return chosen;
}

}  // namespace siam::cuda
