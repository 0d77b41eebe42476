// Matrix products by cuBLASLt, which is column-major: a row-major c [M,N] = op(a) op(b) is, read
// column by column, c^T [N,M] = op(b)^T op(a)^T, so the operands are swapped and no data moves. The
// algorithm for a problem is the fastest of those that cuBLASLt suggests and the policy allows,
// measured at the first call and remembered (tuner.h).

#include <functional>
#include <vector>

#include "tensor/backends.h"
#include "tensor/cuda/library/library_types.h"
#include "tensor/cuda/library/plan_cache.h"
#include "tensor/cuda/library/tuning.h"
#include "tensor/cuda/runtime/handles.h"
#include "tensor/library_policy.h"

namespace siam::cuda {

namespace {

using Operation = Owner<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using Layout = Owner<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using Preference = Owner<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

/// Everything that the choice of an algorithm depends on.
struct MatmulKey {
  int64_t m, n, k;
  DType in, out;
  bool ta, tb;
  LibraryPolicy policy;
  uint32_t alignment;  ///< of all three matrices, bytes; slices of a buffer may start anywhere
  auto operator<=>(const MatmulKey&) const = default;

  std::string name() const {
    return fmt::format("matmul_{}_{}{}_{}x{}x{}_{}{}_align{}", in, out, policy.suffix(), m, n, k,
                       ta ? 't' : 'n', tb ? 't' : 'n', alignment);
  }
};

/// The largest power of two, up to cuBLASLt's default of 256, that divides all addresses.
uint32_t alignment_of(const Tensor& a, const Tensor& b, const Tensor& c) {
  uintptr_t bits = 256;
  for (const Tensor* tensor : {&a, &b, &c}) bits |= reinterpret_cast<uintptr_t>(tensor->raw());
  return static_cast<uint32_t>(bits & -bits);
}

constexpr size_t kWorkspace = size_t{32} << 20;
constexpr int kCandidates = 8;

struct MatmulPlan {
  Operation operation;
  Layout first, second, result;  ///< b, a and c as cuBLASLt sees them
  cublasLtMatmulAlgo_t algorithm{};
};

/// A row-major [rows, columns] matrix, column-major [columns, rows].
Layout layout(DType type, int64_t rows, int64_t columns) {
  Layout result;
  CUDA_CHECK(cublasLtMatrixLayoutCreate(result.out(), cuda_type(type),
                                        static_cast<uint64_t>(columns), static_cast<uint64_t>(rows),
                                        columns));
  return result;
}

/// Opaque, but the same for the same library.
std::string name_of(const cublasLtMatmulAlgo_t& algorithm) {
  std::string name;
  for (const uint64_t word : algorithm.data) name += fmt::format("{:x}.", word);
  return name;
}

/// Queues the product with the plan's algorithm.
using Run = std::function<void(const MatmulPlan& plan)>;

MatmulPlan make_plan(const MatmulKey& key, const Run& run) {
  check_served(key.in);
  MatmulPlan plan;
  const cublasComputeType_t compute =
      key.policy.tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  CUDA_CHECK(cublasLtMatmulDescCreate(plan.operation.out(), compute, CUDA_R_32F));
  const auto transpose = [&](cublasLtMatmulDescAttributes_t operand, bool yes) {
    const cublasOperation_t value = yes ? CUBLAS_OP_T : CUBLAS_OP_N;
    CUDA_CHECK(cublasLtMatmulDescSetAttribute(plan.operation, operand, &value, sizeof value));
  };
  transpose(CUBLASLT_MATMUL_DESC_TRANSA, key.tb);
  transpose(CUBLASLT_MATMUL_DESC_TRANSB, key.ta);
  plan.first = key.tb ? layout(key.in, key.n, key.k) : layout(key.in, key.k, key.n);
  plan.second = key.ta ? layout(key.in, key.k, key.m) : layout(key.in, key.m, key.k);
  plan.result = layout(key.out, key.m, key.n);

  Preference preference;
  CUDA_CHECK(cublasLtMatmulPreferenceCreate(preference.out()));
  CUDA_CHECK(cublasLtMatmulPreferenceSetAttribute(
      preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &kWorkspace, sizeof kWorkspace));
  // Without atomic sums over the pieces of a split K, runs are reproducible bit for bit.
  const uint32_t schemes = key.policy.deterministic ? CUBLASLT_REDUCTION_SCHEME_NONE |
                                                          CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE
                                                    : CUBLASLT_REDUCTION_SCHEME_MASK;
  CUDA_CHECK(cublasLtMatmulPreferenceSetAttribute(
      preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &schemes, sizeof schemes));
  for (const auto operand :
       {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    CUDA_CHECK(cublasLtMatmulPreferenceSetAttribute(preference, operand, &key.alignment,
                                                    sizeof key.alignment));
  std::vector<cublasLtMatmulHeuristicResult_t> found(kCandidates);
  int count = 0;
  CUDA_CHECK(cublasLtMatmulAlgoGetHeuristic(cublas(), plan.operation, plan.first, plan.second,
                                            plan.result, plan.result, preference, kCandidates,
                                            found.data(), &count));
  check(count > 0, "matmul: cuBLASLt has no algorithm for [{},{}] x [{},{}] of {} into {}", key.m,
        key.k, key.k, key.n, key.in, key.out);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(name_of(found[static_cast<size_t>(i)].algo));
  const size_t fastest = tuner().choose(key.name(), names, [&](size_t index, double least) {
    plan.algorithm = found[index].algo;
    return device_seconds([&] { run(plan); }, least);
  });
  plan.algorithm = found[fastest].algo;
  return plan;
}

}  // namespace

void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c) {
  const bool a_transposed = ta == Transpose::yes;
  const MatmulKey key{.m = c.dim(0),
                      .n = c.dim(1),
                      .k = a.dim(a_transposed ? 0 : 1),
                      .in = a.dtype(),
                      .out = c.dtype(),
                      .ta = a_transposed,
                      .tb = tb == Transpose::yes,
                      .policy = library_policy().for_type(a.dtype()),
                      .alignment = alignment_of(a, b, c)};
  if (key.m == 0 || key.n == 0) return;
  if (key.k == 0) return c.fill_zero();
  const Tensor workspace =
      Tensor::empty({static_cast<int64_t>(kWorkspace)}, DType::u8, Device::cuda);
  const Run run = [&](const MatmulPlan& plan) {
    const float one = 1, zero = 0;
    CUDA_CHECK(cublasLtMatmul(cublas(), plan.operation, &one, b.raw(), plan.first, a.raw(),
                              plan.second, &zero, c.raw(), plan.result, c.raw(), plan.result,
                              &plan.algorithm, workspace.raw(), kWorkspace, current_stream()));
  };
  static auto* plans = new PlanCache<MatmulKey, MatmulPlan>;  // never destroyed
  run(plans->get(key, [&](const MatmulKey& key) { return make_plan(key, run); }));
}

}  // namespace siam::cuda
