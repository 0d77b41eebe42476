#pragma once
// Minimal filtering (Winograd 1980; Lavin & Gray, arXiv 1509.09308), in one direction. F(m,r) gives
// m outputs of a filter of r taps from m + r - 1 products instead of m r:
//   y = output( filter(g) * input(d) ),   * element by element.
// Filter and data are polynomials that are evaluated at m + r - 1 points, one of them infinity,
// multiplied there, and interpolated. In the transposed form used here, with M(x) = prod_p (x - p)
// over the finite points,
//   input:  the coefficients of M(x) / (x - p) at each p, those of M(x) at infinity;
//   filter: the powers 1, p, p^2, ... over M'(p), the highest tap at infinity;
//   output: the i-th is sum_p p^i m_p, the last with the product at infinity.
// The points determine how much rounding errors grow; those below were the best of several tried.
// Two more functions per algebra are the transposes of output and filter, from which the weight
// gradient follows: dg = filter^T( output^T(dy) * input(d) ). They work on double and on vectors.

namespace siam::cpu {
namespace {

/// a x + y; simd.h has the same for vectors.
inline double multiply_add(double a, double x, double y) { return a * x + y; }

/// F(4,3), stride 1: 6 products for 12. Points 0, +-a, +-b, infinity.
struct WinogradF43 {
  static constexpr int kInputs = 6, kOutputs = 4, kProducts = 6;
  static constexpr int kInputStep = 4;  ///< from one tile's first input to the next one's
  static constexpr float a = 0.625f, b = 1.5f, a2 = a * a, b2 = b * b, r = a / b;
  static constexpr float n0 = 1 / (a2 * b2), na = 1 / (2 * a2 * (a2 - b2)),
                         nb = 1 / (2 * b2 * (b2 - a2));  ///< 1 / M'(p)

  template <class V>
  static void input(const V* d, V* v) {
    const V even_a = multiply_add(-b2, d[2], d[4]), odd_a = multiply_add(-b2, d[1], d[3]);
    const V even_b = multiply_add(-a2, d[2], d[4]), odd_b = multiply_add(-a2, d[1], d[3]);
    v[0] = multiply_add(-a2, d[2], multiply_add(a2 * b2, d[0], even_a));
    v[1] = multiply_add(a, odd_a, even_a);
    v[2] = multiply_add(-a, odd_a, even_a);
    v[3] = multiply_add(b, odd_b, even_b);
    v[4] = multiply_add(-b, odd_b, even_b);
    v[5] = multiply_add(-(a2 + b2), d[3], multiply_add(a2 * b2, d[1], d[5]));
  }
  template <class V>
  static void filter(const V* g, V* u) {
    const V even_a = multiply_add(a2, g[2], g[0]), even_b = multiply_add(b2, g[2], g[0]);
    u[0] = n0 * g[0];
    u[1] = na * multiply_add(a, g[1], even_a);
    u[2] = na * multiply_add(-a, g[1], even_a);
    u[3] = nb * multiply_add(b, g[1], even_b);
    u[4] = nb * multiply_add(-b, g[1], even_b);
    u[5] = g[2];
  }
  template <class V>
  static void output(const V* m, V* y) {
    const V sum_a = m[1] + m[2], difference_a = m[1] - m[2];
    const V sum_b = m[3] + m[4], difference_b = m[3] - m[4];
    y[0] = m[0] + sum_a + sum_b;
    y[1] = b * multiply_add(r, difference_a, difference_b);
    y[2] = b2 * multiply_add(r * r, sum_a, sum_b);
    y[3] = multiply_add(b2 * b, multiply_add(r * r * r, difference_a, difference_b), m[5]);
  }
  template <class V>
  static void output_transposed(const V* dy, V* z) {
    const V even_a = multiply_add(a2, dy[2], dy[0]), odd_a = multiply_add(a2, dy[3], dy[1]);
    const V even_b = multiply_add(b2, dy[2], dy[0]), odd_b = multiply_add(b2, dy[3], dy[1]);
    z[0] = dy[0];
    z[1] = multiply_add(a, odd_a, even_a);
    z[2] = multiply_add(-a, odd_a, even_a);
    z[3] = multiply_add(b, odd_b, even_b);
    z[4] = multiply_add(-b, odd_b, even_b);
    z[5] = dy[3];
  }
  template <class V>
  static void filter_transposed(const V* u, V* g) {
    const V sum_a = u[1] + u[2], difference_a = u[1] - u[2];
    const V sum_b = u[3] + u[4], difference_b = u[3] - u[4];
    g[0] = n0 * multiply_add(na / n0, sum_a, multiply_add(nb / n0, sum_b, u[0]));
    g[1] = (nb * b) * multiply_add(na * a / (nb * b), difference_a, difference_b);
    g[2] = multiply_add(na * a2, sum_a, multiply_add(nb * b2, sum_b, u[5]));
  }
};

/// F(2,3), stride 1: 4 products for 6. Points 0, +-1, infinity.
struct WinogradF23 {
  static constexpr int kInputs = 4, kOutputs = 2, kProducts = 4;
  static constexpr int kInputStep = 2;

  template <class V>
  static void input(const V* d, V* v) {
    v[0] = d[2] - d[0];
    v[1] = d[2] + d[1];
    v[2] = d[2] - d[1];
    v[3] = d[3] - d[1];
  }
  template <class V>
  static void filter(const V* g, V* u) {
    const V even = 0.5f * (g[0] + g[2]), odd = 0.5f * g[1];
    u[0] = -g[0];
    u[1] = even + odd;
    u[2] = even - odd;
    u[3] = g[2];
  }
  template <class V>
  static void output(const V* m, V* y) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] + m[3];
  }
  template <class V>
  static void output_transposed(const V* dy, V* z) {
    z[0] = dy[0];
    z[1] = dy[0] + dy[1];
    z[2] = dy[0] - dy[1];
    z[3] = dy[1];
  }
  template <class V>
  static void filter_transposed(const V* u, V* g) {
    const V even = 0.5f * (u[1] + u[2]);
    g[0] = even - u[0];
    g[1] = 0.5f * (u[1] - u[2]);
    g[2] = even + u[3];
  }
};

/// F(4,2): 5 products for 8. Points 0, +-a, b = 2a, infinity. d and y have elements `step` apart.
struct WinogradF42 {
  static constexpr float a = 0.75f, b = 1.5f, a2 = a * a;
  static constexpr float n0 = 1 / (a2 * b), np = 1 / (2 * a2 * (a - b)),
                         nm = -1 / (2 * a2 * (a + b)), nb = 1 / (b * (b * b - a2));

  template <int step, class V>
  static void input(const V* d, V* v) {
    const V low = multiply_add(-b, d[step], d[2 * step]);  // x (x - b), shifted by +-a
    const V high = multiply_add(-b, d[2 * step], d[3 * step]);
    v[0] = multiply_add(-a2, multiply_add(-b, d[0], d[step]), high);
    v[1] = multiply_add(a, low, high);
    v[2] = multiply_add(-a, low, high);
    v[3] = multiply_add(-a2, d[step], d[3 * step]);
    v[4] = multiply_add(-a2, low, multiply_add(-b, d[3 * step], d[4 * step]));
  }
  template <class V>
  static void filter(const V& g0, const V& g1, V* u) {
    u[0] = n0 * g0;
    u[1] = np * multiply_add(a, g1, g0);
    u[2] = nm * multiply_add(-a, g1, g0);
    u[3] = nb * multiply_add(b, g1, g0);
    u[4] = g1;
  }
  template <int step, class V>
  static void output(const V* m, V* y) {
    const V sum = m[1] + m[2], difference = m[1] - m[2];
    y[0] = m[0] + sum + m[3];
    y[step] = b * multiply_add(0.5f, difference, m[3]);
    y[2 * step] = (b * b) * multiply_add(0.25f, sum, m[3]);
    y[3 * step] = multiply_add(b * b * b, multiply_add(0.125f, difference, m[3]), m[4]);
  }
  template <class V>
  static void output_transposed(const V* dy, V* z) {
    const V even = multiply_add(a2, dy[2], dy[0]), odd = multiply_add(a2, dy[3], dy[1]);
    z[0] = dy[0];
    z[1] = multiply_add(a, odd, even);
    z[2] = multiply_add(-a, odd, even);
    z[3] = multiply_add(b, multiply_add(b, multiply_add(b, dy[3], dy[2]), dy[1]), dy[0]);
    z[4] = dy[3];
  }
  template <class V>
  static void filter_transposed(const V* u, V& g0, V& g1) {
    g0 = n0 * multiply_add(np / n0, u[1],
                           multiply_add(nm / n0, u[2], multiply_add(nb / n0, u[3], u[0])));
    g1 = multiply_add(np * a, u[1], multiply_add(-nm * a, u[2], multiply_add(nb * b, u[3], u[4])));
  }
};

/// Three taps with stride 2: y[i] = g0 d[2i] + g1 d[2i+1] + g2 d[2i+2]. Taps 0 and 2 use the even
/// inputs: F(4,2). Tap 1 uses the odd ones: 4 plain products. 9 products for 12.
struct WinogradStride2 {
  static constexpr int kInputs = 9, kOutputs = 4, kProducts = 9;
  static constexpr int kInputStep = 8;

  template <class V>
  static void input(const V* d, V* v) {
    WinogradF42::input<2>(d, v);
    for (int i = 0; i < 4; ++i) v[5 + i] = d[2 * i + 1];
  }
  template <class V>
  static void filter(const V* g, V* u) {
    WinogradF42::filter(g[0], g[2], u);
    for (int i = 0; i < 4; ++i) u[5 + i] = g[1];
  }
  template <class V>
  static void output(const V* m, V* y) {
    WinogradF42::output<1>(m, y);
    for (int i = 0; i < 4; ++i) y[i] = y[i] + m[5 + i];
  }
  template <class V>
  static void output_transposed(const V* dy, V* z) {
    WinogradF42::output_transposed(dy, z);
    for (int i = 0; i < 4; ++i) z[5 + i] = dy[i];
  }
  template <class V>
  static void filter_transposed(const V* u, V* g) {
    WinogradF42::filter_transposed(u, g[0], g[2]);
    g[1] = u[5] + u[6] + u[7] + u[8];
  }
};

/// The data gradient of stride 2 and padding 1, with the reversed filter g' = (g2, g1, g0):
/// dx[2i] = g'1 dy[i], 4 plain products; dx[2i+1] = g'0 dy[i] + g'2 dy[i+1]: F(4,2). 8 outputs.
struct WinogradStride2Data {
  static constexpr int kInputs = 5, kOutputs = 8, kProducts = 9;
  static constexpr int kInputStep = 4;

  template <class V>
  static void input(const V* d, V* v) {
    WinogradF42::input<1>(d, v);
    for (int i = 0; i < 4; ++i) v[5 + i] = d[i];
  }
  template <class V>
  static void filter(const V* g, V* u) {
    WinogradStride2::filter(g, u);
  }
  template <class V>
  static void output(const V* m, V* y) {
    WinogradF42::output<2>(m, y + 1);
    for (int i = 0; i < 4; ++i) y[2 * i] = m[5 + i];
  }
};

/// Applies f: V[In] -> V[Out] to the columns of a square and then to the rows of the result:
/// column(j, from) fetches a column of the square, row(i, to) takes a row of the result. Loops are
/// not unrolled: one call of f needs all registers.
template <class V, int In, int Out, class Column, class F, class Row>
[[gnu::always_inline]] inline void in_both_directions(const Column& column, const F& f,
                                                      const Row& row) {
  V half[Out][In];
#pragma GCC unroll 1
  for (int j = 0; j < In; ++j) {
    V from[In], to[Out];
    column(j, from);
    f(from, to);
#pragma GCC unroll 9
    for (int i = 0; i < Out; ++i) half[i][j] = to[i];
  }
#pragma GCC unroll 1
  for (int i = 0; i < Out; ++i) {
    V to[Out];
    f(half[i], to);
    row(i, to);
  }
}

}  // namespace
}  // namespace siam::cpu
