#include "tensor/cpu/onednn.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tensor/cpu/onednn_plan.h"
#include "tensor/parallel.h"

namespace siam::cpu {

namespace {

thread_local ConvAlgorithm conv_algorithm = ConvAlgorithm::best;

}  // namespace

ScopedConvAlgorithm::ScopedConvAlgorithm(ConvAlgorithm algorithm)
    : previous_(std::exchange(conv_algorithm, algorithm)) {}
ScopedConvAlgorithm::~ScopedConvAlgorithm() { conv_algorithm = previous_; }

namespace onednn {

namespace {

using dnnl::algorithm;
using dnnl::memory;
using Tag = memory::format_tag;

/// oneDNN names dimensions N,C,H,W and K,C,R,S whatever the layout; ours are the nhwc, ohwi tags.
struct Problem {
  PlanKey::Op op;
  memory::dims x, w, y, stride, padding;
  memory::data_type type, weight_type;                // of the caller's images and filters
  memory::data_type inside_type, inside_weight_type;  // of the primitive's
};

memory::dims channels_second(const Shape& s) { return {s[0], s[3], s[1], s[2]}; }

/// The primitive with images in the layout `tag` (nhwc, or any: the primitive's choice) and
/// filters in the primitive's choice: pinned to ohwi, oneDNN falls back to its reference loops.
/// Nothing if there is no implementation.
std::optional<Plan> try_conv(const Problem& p, algorithm algorithm, Tag tag) {
  const memory::desc x(p.x, p.inside_type, tag), y(p.y, p.inside_type, tag);
  const memory::desc w(p.w, p.inside_weight_type, Tag::any);
  const memory::desc user_x(p.x, p.type, Tag::nhwc), user_y(p.y, p.type, Tag::nhwc);
  const memory::desc user_w(p.w, p.weight_type, Tag::ohwi);
  const dnnl::primitive_attr attributes = user_scratchpad();
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, algorithm, x, w, y, p.stride, p.padding, p.padding},
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
  // The forward description is only a hint to the gradients and need not be of the same algorithm
  // or weight type.
  const memory::desc hint_x(p.x, p.inside_type, Tag::any), hint_y(p.y, p.inside_type, Tag::any);
  const memory::desc hint_w(p.w, p.inside_type, Tag::any);
  const dnnl::convolution_forward::primitive_desc hint(
      {dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, hint_x, hint_w,
       hint_y, p.stride, p.padding, p.padding},
      attributes, cpu_engine());
  if (p.op == PlanKey::Op::conv_backward_data) {
    const dnnl::convolution_backward_data::primitive_desc backward(
        {algorithm, x, w, y, p.stride, p.padding, p.padding}, attributes, cpu_engine(), hint, true);
    if (!backward) return {};
    plan.implementation = backward.impl_info_str();
    plan.primitive = dnnl::convolution_backward_data(backward);
    plan.scratchpad = backward.scratchpad_desc();
    plan.a = input(DNNL_ARG_DIFF_DST, user_y, backward.diff_dst_desc());
    plan.b = input(DNNL_ARG_WEIGHTS, user_w, backward.weights_desc());
    plan.result = output(DNNL_ARG_DIFF_SRC, user_x, backward.diff_src_desc());
    return plan;
  }
  const dnnl::convolution_backward_weights::primitive_desc backward(
      {algorithm, x, w, y, p.stride, p.padding, p.padding}, attributes, cpu_engine(), hint, true);
  if (!backward) return {};
  plan.implementation = backward.impl_info_str();
  plan.primitive = dnnl::convolution_backward_weights(backward);
  plan.scratchpad = backward.scratchpad_desc();
  plan.a = input(DNNL_ARG_DIFF_DST, user_y, backward.diff_dst_desc());
  plan.b = input(DNNL_ARG_SRC, user_x, backward.src_desc());
  plan.result = output(DNNL_ARG_DIFF_WEIGHTS, user_w, backward.diff_weights_desc());
  return plan;
}

bool slow(const Plan& plan) {
  return plan.implementation.starts_with("ref") || plan.implementation.starts_with("gemm");
}

/// Winograd's F(4x4,3x3) multiplies a quarter as often. oneDNN has it in f32 only; for bf16 tensors
/// it must make up for half the multiplication rate, which it does from 128 channels on.
bool winograd_pays(const Shape& w, ConvGeometry g, DType type) {
  const int64_t channels = std::min(w[0], w[3]);
  return conv_algorithm == ConvAlgorithm::best && channels >= (type == DType::f32 ? 16 : 128) &&
         w[1] == 3 && w[2] == 3 && g.stride == 1 && g.padding <= 1;
}

/// Winograd if it pays and is available; else direct on nhwc images, which saves two reorders;
/// else, when that is a slow loop (3-channel stems), direct in the primitive's layout.
Plan make_conv(Problem p, bool winograd) {
  p.inside_type = p.inside_weight_type = memory::data_type::f32;
  if (winograd)
    if (auto plan = try_conv(p, algorithm::convolution_winograd, Tag::any)) return *plan;
  p.inside_type = p.type;
  p.inside_weight_type = p.op == PlanKey::Op::conv_backward_weight ? p.weight_type : p.type;
  auto plan = try_conv(p, algorithm::convolution_direct, Tag::nhwc);
  if (plan && !slow(*plan)) return *plan;
  auto blocked = try_conv(p, algorithm::convolution_direct, Tag::any);
  if (blocked && (!plan || !slow(*blocked))) return *blocked;
  check(plan.has_value(), "conv2d: oneDNN has no implementation for this shape; build without it");
  return *plan;
}

void run_conv(PlanKey::Op op, const Shape& x, const Shape& w, const Shape& y, ConvGeometry g,
              DType type, const Tensor& a, const Tensor& b, const Tensor& result) {
  const bool winograd = winograd_pays(w, g, type);
  const DType weight_type = op == PlanKey::Op::conv_backward_weight ? result.dtype() : b.dtype();
  const PlanKey key{op,          type,
                    weight_type, !winograd,
                    threads(),   {x[0], x[1], x[2], x[3], w[0], w[1], w[2], g.stride, g.padding}};
  const auto plan = find_plan(key, [&] {
    return make_conv({op,
                      channels_second(x),
                      channels_second(w),
                      channels_second(y),
                      {g.stride, g.stride},
                      {g.padding, g.padding},
                      data_type(type),
                      data_type(weight_type),
                      {},
                      {}},
                     winograd);
  });
  execute(*plan, a, b, result);
}

}  // namespace

void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y) {
  run_conv(PlanKey::Op::conv_forward, x.shape(), w.shape(), y.shape(), geometry, x.dtype(), x, w,
           y);
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                          const Tensor& dx) {
  run_conv(PlanKey::Op::conv_backward_data, dx.shape(), w.shape(), dy.shape(), geometry, dy.dtype(),
           dy, w, dx);
}

void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,
                            const Tensor& dw) {
  run_conv(PlanKey::Op::conv_backward_weight, x.shape(), dw.shape(), dy.shape(), geometry,
           dy.dtype(), dy, x, dw);
}

void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c) {
  const bool transpose_a = ta == Transpose::yes, transpose_b = tb == Transpose::yes;
  const int64_t m = c.dim(0), n = c.dim(1), k = a.dim(transpose_a ? 0 : 1);
  const PlanKey key{PlanKey::Op::matmul, a.dtype(),
                    c.dtype(),           true,
                    threads(),           {m, n, k, transpose_a, transpose_b, 0, 0, 0, 0}};
  const auto plan = find_plan(key, [&] {
    const memory::desc layout_a({m, k}, data_type(a.dtype()), transpose_a ? Tag::ba : Tag::ab);
    const memory::desc layout_b({k, n}, data_type(b.dtype()), transpose_b ? Tag::ba : Tag::ab);
    const memory::desc layout_c({m, n}, data_type(c.dtype()), Tag::ab);
    const dnnl::matmul::primitive_desc product({layout_a, layout_b, layout_c}, user_scratchpad(),
                                               cpu_engine());
    return Plan{product.impl_info_str(),
                dnnl::matmul(product),
                input(DNNL_ARG_SRC, layout_a, product.src_desc()),
                input(DNNL_ARG_WEIGHTS, layout_b, product.weights_desc()),
                output(DNNL_ARG_DST, layout_c, product.dst_desc()),
                product.scratchpad_desc()};
  });
  execute(*plan, a, b, c);
}

}  // namespace onednn
}  // namespace siam::cpu
