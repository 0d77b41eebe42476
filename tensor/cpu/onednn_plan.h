#pragma once
// A plan: one oneDNN primitive and the reorders between the caller's layouts and its own, created
// once per problem and kept. Plans hold no data and no scratch memory, so threads may share them.

#include <array>
#include <functional>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "tensor/tensor.h"

namespace siam::cpu::onednn {

/// What a plan is for. Equal keys, equal plans.
struct PlanKey {
  enum class Op { conv_forward, conv_backward_data } op;
  int threads;
  std::array<int64_t, 9> sizes;  ///< N H W C K R S stride padding
  auto operator<=>(const PlanKey&) const = default;
};

/// One operand: its layout outside and inside the primitive, and the reorder if they differ.
struct Operand {
  int argument;  ///< DNNL_ARG_*
  dnnl::memory::desc user, inside;
  dnnl::reorder reorder;  ///< empty if the layouts are equal
  size_t scratchpad = 0;  ///< bytes the reorder needs
};

struct Plan {
  std::string implementation;
  dnnl::primitive primitive;
  Operand a, b, result;
  dnnl::memory::desc scratchpad;
};

dnnl::engine& cpu_engine();
/// Scratch memory belongs to the call: it comes from the tensor allocator.
dnnl::primitive_attr user_scratchpad();
Operand input(int argument, const dnnl::memory::desc& user, const dnnl::memory::desc& inside);
Operand output(int argument, const dnnl::memory::desc& user, const dnnl::memory::desc& inside);

/// The plan for the key, made by `create` at its first use.
std::shared_ptr<const Plan> find_plan(const PlanKey& key, const std::function<Plan()>& create);
/// result = primitive(a, b), all in the caller's layouts.
void execute(const Plan& plan, const Tensor& a, const Tensor& b, const Tensor& result);

}  // namespace siam::cpu::onednn
