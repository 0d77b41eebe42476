#pragma once
// Every pointwise formula with its derivative, and every reduction as a monoid (an identity, an
// element, a merge), for float and double, on the CPU and the GPU. Kernels supply the loops, never
// the mathematics.

#include <cmath>

#include "tensor/host_device.h"

namespace siam::math {

/// y = max(x, 0). NaN stays NaN. The derivative at 0 is 0, as in torch.
struct Relu {
  template <class A>
  SIAM_HOST_DEVICE A operator()(A x) const {
    return x < 0 ? A(0) : x;
  }
};
struct ReluGrad {
  template <class A>
  SIAM_HOST_DEVICE A operator()(A dy, A y) const {
    return y > 0 ? dy : A(0);
  }
};

/// One channel of a batch norm as an affine map: y = scale x + shift, with
/// scale = gamma / sqrt(variance + eps), shift = beta - mean scale.
template <class A>
struct Affine {
  A scale, shift;
  SIAM_HOST_DEVICE A operator()(A x) const { return scale * x + shift; }
};

template <class A>
SIAM_HOST_DEVICE Affine<A> normalization(A mean, A inverse_deviation, A gamma, A beta) {
  const A scale = gamma * inverse_deviation;
  return {scale, beta - mean * scale};
}

/// Its derivative where mean and variance are those of the M rows of x themselves, xhat being
/// (x - mean) inverse_deviation:
///   dx = scale (dy - sum(dy) / M - xhat sum(dy xhat) / M).
template <class A>
struct NormalizationGrad {
  A mean, inverse_deviation, scale;
  A mean_dy, mean_dy_xhat;  ///< sum(dy) / M, sum(dy xhat) / M
  SIAM_HOST_DEVICE A xhat(A x) const { return (x - mean) * inverse_deviation; }
  SIAM_HOST_DEVICE A operator()(A dy, A x) const {
    return scale * (dy - mean_dy - xhat(x) * mean_dy_xhat);
  }
  /// The same with two numbers per channel besides the scale, for kernels with few registers to
  /// spare: dx = scale dy + of_x x + constant.
  SIAM_HOST_DEVICE A of_x() const { return -scale * mean_dy_xhat * inverse_deviation; }
  SIAM_HOST_DEVICE A constant() const { return -scale * mean_dy - of_x() * mean; }
};

/// Count, mean and sum of squared deviations of a set of numbers; merging two sets is exact in
/// exact arithmetic and stable in floating point (Chan, Golub, LeVeque 1979).
template <class A>
struct Moments {
  A count = 0, mean = 0, m2 = 0;
  SIAM_HOST_DEVICE void add(A x) {
    count += 1;
    const A delta = x - mean;
    mean += delta / count;
    m2 += delta * (x - mean);
  }
  SIAM_HOST_DEVICE void merge(const Moments& other) {
    if (other.count == 0) return;
    const A total = count + other.count, delta = other.mean - mean;
    mean += delta * other.count / total;
    m2 += other.m2 + delta * delta * count * other.count / total;
    count = total;
  }
};

/// Mean and biased variance of `count` numbers from their sum and the sum of their squares: cheaper
/// than Moments, and as accurate as long as the mean is not large compared with the deviation,
/// since the variance's error is the rounding of mean^2.
template <class A>
struct MeanVariance {
  A mean, variance;
};
template <class A>
SIAM_HOST_DEVICE MeanVariance<A> mean_variance(A sum, A squares, A count) {
  const A mean = sum / count, variance = squares / count - mean * mean;
  return {mean, variance > 0 ? variance : A(0)};
}

/// A vector's length from the sum of its squares, at least eps.
template <class A>
SIAM_HOST_DEVICE A clamped_length(A squares, A eps) {
  const A length = std::sqrt(squares);
  return length < eps ? eps : length;
}

/// d cos / d p = z / (|p| |z|) - cos p / |p|^2, as the two factors of z and p.
template <class A>
struct CosineGrad {
  A of_z, of_p;
  SIAM_HOST_DEVICE A operator()(A p, A z) const { return of_z * z - of_p * p; }
};
/// The dot products of a row, from which the cosine of p and z follows, and p / |p|.
template <class A>
struct CosineDots {
  static constexpr A kEps = A(1e-8), kNormalizeEps = A(1e-12);  ///< torch's least lengths
  A pp = 0, zz = 0, pz = 0;
  SIAM_HOST_DEVICE void add(A p, A z) {
    pp += p * p;
    zz += z * z;
    pz += p * z;
  }
  SIAM_HOST_DEVICE void merge(const CosineDots& other) {
    pp += other.pp;
    zz += other.zz;
    pz += other.pz;
  }
  SIAM_HOST_DEVICE A cosine() const {
    return pz / (clamped_length(pp, A(kEps)) * clamped_length(zz, A(kEps)));
  }
  /// Times dy. Where |p| is below eps the denominator is constant, and the factor of p is 0.
  SIAM_HOST_DEVICE CosineGrad<A> grad(A dy) const {
    const A p = clamped_length(pp, A(kEps)), of_z = dy / (p * clamped_length(zz, A(kEps)));
    return {of_z, std::sqrt(pp) < kEps ? A(0) : of_z * (pz / p) / p};
  }
  /// The gradient of p / |p| if z is that of its result: z / |p| - p (p.z) / |p|^3, alike.
  SIAM_HOST_DEVICE CosineGrad<A> normalize_grad() const {
    const A p = clamped_length(pp, A(kNormalizeEps));
    return {1 / p, std::sqrt(pp) < kNormalizeEps ? A(0) : pz / p / p / p};
  }
};

/// What softmax and its logarithm need from a row: its largest logit m, and sum exp(x - m). m is
/// subtracted from a logit before anything else, so that it cancels exactly however large it is: in
/// x - (m + log sum), log sum would be lost to rounding next to a large m. A logit of -inf gives
/// e^-inf = 0.
template <class A>
struct LogSumExp {
  A largest = -INFINITY, sum = 0;
  SIAM_HOST_DEVICE void add(A x) { merge({x, x == -INFINITY ? A(0) : A(1)}); }
  SIAM_HOST_DEVICE void merge(const LogSumExp& other) {
    if (other.sum == 0) return;
    const A top = largest > other.largest ? largest : other.largest;
    sum = (sum == 0 ? A(0) : sum * std::exp(largest - top)) +
          other.sum * std::exp(other.largest - top);
    largest = top;
  }
  SIAM_HOST_DEVICE A softmax(A x) const { return std::exp(x - largest) / sum; }
  SIAM_HOST_DEVICE A log_softmax(A x) const { return (x - largest) - std::log(sum); }
};

/// A class's part of the cross-entropy, -t log p. It is 0 if t is 0, since log p may be -inf.
struct CrossEntropy {
  template <class A>
  SIAM_HOST_DEVICE A operator()(A t, A log_p) const {
    return t == 0 ? A(0) : -t * log_p;
  }
};
/// d loss / d logit = dy (p sum(t) - t).
struct CrossEntropyGrad {
  template <class A>
  SIAM_HOST_DEVICE A operator()(A dy, A p, A t, A sum_t) const {
    return dy * (p * sum_t - t);
  }
};

/// dx = y (dy - sum(dy y)).
struct SoftmaxGrad {
  template <class A>
  SIAM_HOST_DEVICE A operator()(A dy, A y, A sum_dy_y) const {
    return y * (dy - sum_dy_y);
  }
};

/// torch.optim.SGD: v <- momentum v + (g + decay w), w <- w - rate v.
struct SgdStep {
  float rate, momentum, decay, grad_scale;
  SIAM_HOST_DEVICE void operator()(float& w, float& v, float g) const {
    v = momentum * v + (g * grad_scale + decay * w);
    w -= rate * v;
  }
};

/// An exponential moving average; with momentum 0 it becomes x, whatever it was.
struct MovingAverage {
  float momentum;
  SIAM_HOST_DEVICE float operator()(float mean, float x) const {
    return momentum == 0 ? x : momentum * mean + (1 - momentum) * x;
  }
};

}  // namespace siam::math
