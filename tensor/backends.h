#pragma once
// Every kernel, three times: the definition (reference), the CPU's and the GPU's. The signatures
// are the same, outputs come last and are allocated by the caller; shapes and types have been
// checked by the device-free interface beside this file (conv.h, batch_norm.h, ...), which also
// documents each kernel.

#include "tensor/batch_norm.h"
#include "tensor/conv.h"
#include "tensor/gather.h"
#include "tensor/map.h"
#include "tensor/matmul.h"
#include "tensor/moving_average.h"
#include "tensor/pool.h"
#include "tensor/reduce.h"
#include "tensor/rows.h"
#include "tensor/schedule.h"
#include "tensor/sgd.h"
#include "tensor/step_log.h"
#include "tensor/top_k.h"

#define SIAM_KERNELS                                                                               \
  /* conv.h */                                                                                     \
  void conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry, const Tensor& y);           \
  void conv2d_backward_data(const Tensor& dy, const Tensor& w, ConvGeometry geometry,              \
                            const Tensor& dx);                                                     \
  void conv2d_backward_weight(const Tensor& dy, const Tensor& x, ConvGeometry geometry,            \
                              const Tensor& dw);                                                   \
  /* matmul.h */                                                                                   \
  void matmul(const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, const Tensor& c);      \
  /* batch_norm.h */                                                                               \
  void batch_statistics(const Tensor& x, const Tensor& mean, const Tensor& variance);              \
  void merge_statistics(const Tensor& parts, int64_t rows, const Tensor& mean,                     \
                        const Tensor& variance);                                                   \
  void normalize(const Tensor& x, const Tensor& mean, const Tensor& variance, double eps,          \
                 const Tensor& gamma, const Tensor& beta, const Tensor& residual, bool relu,       \
                 const Tensor& y);                                                                 \
  void normalize_sums(const Tensor& dy, const Tensor& more, const Tensor& x, const Tensor& y,      \
                      const Tensor& mean, const Tensor& variance, double eps, const Tensor& gamma, \
                      const Tensor& beta, bool relu, const Tensor& sums, const Tensor& dgamma,     \
                      const Tensor& dbeta, const Tensor& g);                                       \
  void normalize_input_grad(const Tensor& g, const Tensor& x, const Tensor& mean,                  \
                            const Tensor& variance, double eps, const Tensor& gamma,               \
                            const Tensor& beta, bool relu, const Tensor& sums, int64_t rows,       \
                            const Tensor& dx);                                                     \
  void update_running(const Tensor& mean, const Tensor& variance, int64_t rows, double momentum,   \
                      const Tensor& running_mean, const Tensor& running_variance);                 \
  /* map.h */                                                                                      \
  void relu(const Tensor& x, const Tensor& y);                                                     \
  void relu_backward(const Tensor& dy, const Tensor& y, const Tensor& dx);                         \
  void add(const Tensor& a, const Tensor& b, const Tensor& c);                                     \
  void scale(const Tensor& x, double factor, const Tensor& y);                                     \
  void broadcast(const Tensor& s, double constant, const Tensor& y);                               \
  void cast(const Tensor& x, const Tensor& y);                                                     \
  void add_bias(const Tensor& x, const Tensor& bias, const Tensor& y);                             \
  /* reduce.h */                                                                                   \
  void sum_rows(const Tensor& x, const Tensor& sums);                                              \
  void sum_parts(const Tensor& x, const Tensor& sum);                                              \
  void mean(const Tensor& x, const Tensor& y);                                                     \
  void all_finite(const Tensor& x, const Tensor& flag);                                            \
  /* pool.h */                                                                                     \
  void max_pool2d(const Tensor& x, PoolGeometry geometry, const Tensor& y, const Tensor& taps);    \
  void max_pool2d_backward(const Tensor& dy, const Tensor& taps, PoolGeometry geometry,            \
                           const Tensor& dx);                                                      \
  void global_avg_pool(const Tensor& x, const Tensor& y);                                          \
  void global_avg_pool_backward(const Tensor& dy, const Tensor& dx);                               \
  /* rows.h */                                                                                     \
  void cosine_similarity(const Tensor& p, const Tensor& z, const Tensor& y);                       \
  void cosine_similarity_backward(const Tensor& dy, const Tensor& p, const Tensor& z,              \
                                  const Tensor& dp);                                               \
  void softmax(const Tensor& x, const Tensor& y);                                                  \
  void softmax_backward(const Tensor& dy, const Tensor& y, const Tensor& dx);                      \
  void softmax_cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& y);         \
  void softmax_cross_entropy_backward(const Tensor& dy, const Tensor& logits,                      \
                                      const Tensor& target, const Tensor& dlogits);                \
  void normalize_rows(const Tensor& x, const Tensor& y);                                           \
  void normalize_rows_backward(const Tensor& dy, const Tensor& x, const Tensor& dx);               \
  /* schedule.h */                                                                                 \
  void follow_schedule(const Schedule& schedule, const Tensor& enabled, const Tensor& now);        \
  /* gather.h */                                                                                   \
  void gather(const std::vector<Tensor>& parts, const std::vector<int64_t>& offsets,               \
              const Tensor& flat);                                                                 \
  /* moving_average.h */                                                                           \
  void moving_average(const Tensor& mean, const Tensor& x, double momentum,                        \
                      const Tensor& enabled);                                                      \
  /* sgd.h */                                                                                      \
  void sgd_step(const Tensor& w, const Tensor& g, const Tensor& v, const SgdRates& rates,          \
                const Tensor& half);                                                               \
  /* step_log.h */                                                                                 \
  void log_step(const Tensor& loss, const Tensor& finite, const Tensor& values,                    \
                const StepRing& ring);                                                             \
  /* top_k.h */                                                                                    \
  void top_k(const Tensor& x, const Tensor& values, const Tensor& columns);

namespace siam::reference {
SIAM_KERNELS
}
namespace siam::cpu {
SIAM_KERNELS
}
namespace siam::cuda {
SIAM_KERNELS
}
#undef SIAM_KERNELS
