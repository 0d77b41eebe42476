#include "tensor/cpu/onednn.h"

#include <optional>

#include "tensor/cpu/onednn_plan.h"
#include "tensor/parallel.h"

namespace siam::cpu::onednn {

namespace {

using dnnl::memory;
using Tag = memory::format_tag;

constexpr auto kDirect = dnnl::algorithm::convolution_direct;
constexpr auto kBf16 = memory::data_type::bf16;

/// oneDNN names dimensions N,C,H,W and K,C,R,S whatever the layout; ours are the nhwc, ohwi tags.
struct Problem {
  PlanKey::Op op;
  memory::dims x, w, y, stride, padding;
};

memory::dims channels_second(const Shape& s) { return {s[0], s[3], s[1], s[2]}; }

/// The primitive with images in the layout `tag` (nhwc, or any: the primitive's choice) and
/// filters in the primitive's choice: pinned to ohwi, oneDNN falls back to its reference loops.
/// Nothing if there is no implementation.
std::optional<Plan> try_conv(const Problem& p, Tag tag) {
  const memory::desc x(p.x, kBf16, tag), y(p.y, kBf16, tag), w(p.w, kBf16, Tag::any);
  const memory::desc user_x(p.x, kBf16, Tag::nhwc), user_y(p.y, kBf16, Tag::nhwc);
  const memory::desc user_w(p.w, kBf16, Tag::ohwi);
  const dnnl::primitive_attr attributes = user_scratchpad();
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, kDirect, x, w, y, p.stride, p.padding, p.padding},
      attributes, cpu_engine(), true);
  Plan plan;
  if (p.op == PlanKey::Op::conv_forward) {
    if (!forward) return {};
    plan.implementation = forward.impl_info_str();
    plan.primitive = dnnl::convolution_forward(forward);
    plan.scratchpad = forward.scratchpad_desc();
    plan.a = input(DNNL_ARG_SRC, user_x, forward.src_desc());
    plan.b = input(DNNL_ARG_WEIGHTS, user_w, forward.weights_desc());
    plan.result = output(DNNL_ARG_DST, user_y, forward.dst_desc());
    return plan;
  }
  // The forward description is only a hint.
  const memory::desc hint_x(p.x, kBf16, Tag::any), hint_y(p.y, kBf16, Tag::any);
  const dnnl::convolution_forward::primitive_desc hint(
      {dnnl::prop_kind::forward_training, kDirect, hint_x, w, hint_y, p.stride, p.padding,
       p.padding},
      attributes, cpu_engine());
  const dnnl::convolution_backward_data::primitive_desc backward(
      {kDirect, x, w, y, p.stride, p.padding, p.padding}, attributes, cpu_engine(), hint, true);
  if (!backward) return {};
  plan.implementation = backward.impl_info_str();
  plan.primitive = dnnl::convolution_backward_data(backward);
  plan.scratchpad = backward.scratchpad_desc();
  plan.a = input(DNNL_ARG_DIFF_DST, user_y, backward.diff_dst_desc());
  plan.b = input(DNNL_ARG_WEIGHTS, user_w, backward.weights_desc());
  plan.result = output(DNNL_ARG_DIFF_SRC, user_x, backward.diff_src_desc());
  return plan;
}

bool slow(const Plan& plan) {
  return plan.implementation.starts_with("ref") || plan.implementation.starts_with("gemm");
}

/// On nhwc images, which saves two reorders; where that is a slow loop (3-channel stems), in the
/// primitive's layout.
Plan make_conv(const Problem& p) {
  auto plan = try_conv(p, Tag::nhwc);
  if (plan && !slow(*plan)) return *plan;
  auto blocked = try_conv(p, Tag::any);
  if (blocked && (!plan || !slow(*blocked))) return *blocked;
  check(plan.has_value(), "conv2d: oneDNN has no implementation for this shape; build without it");
  return *plan;
}

void run_conv(PlanKey::Op op, const Shape& x, const Shape& w, const Shape& y, ConvGeometry g,
              const Tensor& a, const Tensor& b, const Tensor& result) {
  const PlanKey key{op, threads(), {x[0], x[1], x[2], x[3], w[0], w[1], w[2], g.stride, g.padding}};
  const auto plan = find_plan(key, [&] {
    return make_conv({op,
                      channels_second(x),
                      channels_second(w),
                      channels_second(y),
                      {g.stride, g.stride},
                      {g.padding, g.padding}});
  });
  execute(*plan, a, b, result);
}

}  // namespace

bool serves_bf16() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y) {
  run_conv(PlanKey::Op::conv_forward, x.shape(), w.shape(), y.shape(), geometry, x, w, y);
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx) {
  run_conv(PlanKey::Op::conv_backward_data, dx.shape(), w.shape(), dy.shape(), geometry, dy, w, dx);
}

}  // namespace siam::cpu::onednn
