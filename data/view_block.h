#pragma once
// One augmented view made by a block of threads, with the image in shared memory. The program is a
// template over the block (tensor/cuda/thread_block.h), so that tests run it on the CPU against
// augment(). Its pixels differ from augment()'s by rounding only: the order of summation in
// contrast's mean, multiply-adds fused or not, and the last bit of exp in the blur's weights.

#include "data/augment_math.h"
#include "data/filter_math.h"

namespace siam {

/// Words to allocate for an array of `words`: a multiple of four, since ptxas loads an array's end
/// 16 bytes at a time (LDS.128), past its last word.
constexpr int whole_groups(int words) { return (words + 3) / 4 * 4; }

/// Where a block's arrays lie in its shared memory, in units of 4 bytes.
struct ViewLayout {
  int rows;        ///< f32 [max(H,S),S,3]: the crop resized in x; between the blur's directions
  int image;       ///< f32 [S,S,3]
  int first;       ///< i32 [2,S]: the first position that is read, for x, then for y
  int weights;     ///< f32 [2,S,taps]
  int blur;        ///< f32 [2 radius + 1], at the largest sigma
  int parameters;  ///< AugmentParameters
  int total;

  ViewLayout(const AugmentConfig& config, int height, int width) {
    using namespace augment_math;
    const int size = config.size, line = size * 3;
    const int longest = height > width ? height : width;
    // The widest filter is that of the whole image: a grid is never smaller than the view.
    const int taps = ResizeFilter(longest > 3 ? longest : 3, size).taps;
    rows = 0;
    image = rows + (height > size ? height : size) * line;
    first = image + size * line;
    weights = first + 2 * size;
    blur = weights + 2 * size * taps;
    parameters = blur + 2 * blur_radius(config.max_sigma) + 1;
    total = whole_groups(parameters + static_cast<int>(sizeof(AugmentParameters) / 4));
  }
};
static_assert(sizeof(AugmentParameters) % 4 == 0 && alignof(AugmentParameters) <= 4);

/// Which view of which sample a block of the grid makes: [views,B], as the batch is laid out.
struct ViewIndex {
  int view;
  int64_t sample;  ///< of the batch

  SIAM_HOST_DEVICE ViewIndex(int64_t block, int64_t batch_size)
      : view(static_cast<int>(block / batch_size)), sample(block % batch_size) {}
};

/// The steps of augment() for parameters that all threads see. pixels [height,width,3]; shared:
/// layout.total words; out [S,S,3] of T.
template <class Block, class T>
class ViewProgram {
 public:
#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
  SIAM_HOST_DEVICE static void run(const Block& block, float* shared, const ViewLayout& layout,
                                   const uint8_t* pixels, int width, const AugmentConfig& config,
                                   const AugmentParameters& p, T* out) {
    resize(block, shared, layout, pixels, width, config.size, p);
    finish(block, shared + layout.image, shared + layout.rows, shared + layout.blur, config, p,
           out);
  }

  /// The steps after the crop. image [S,S,3] in [0, 1] is overwritten; scratch [S,S,3];
  /// blur_weights [2 radius + 1] at the largest sigma.
#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
  SIAM_HOST_DEVICE static void finish(const Block& block, float* image, float* scratch,
                                      float* blur_weights, const AugmentConfig& config,
                                      const AugmentParameters& p, T* out) {
    using namespace augment_math;
    const int size = config.size, count = size * size;
    if (p.jitter)
      for (int i = 0; i < 4; ++i) change_color(block, image, count, p, p.order[i]);
    if (p.gray)
      for_pixels(block, image, count, [](Rgb c) {
        const float gray = luma(c);
        return Rgb{gray, gray, gray};
      });
    if (p.blur) blur(block, blur_weights, image, scratch, size, p.sigma);
    block.each(count * 3, [&](int i) {
      const int channel = i % 3, x = i / 3 % size, line = i / 3 - x;
      const int from = line + (p.flip ? size - 1 - x : x);
      out[i] = T(normalized(image[from * 3 + channel], config.mean[channel],
                            1 / config.deviation[channel]));
    });
  }

 private:
#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
  SIAM_HOST_DEVICE static void resize(const Block& block, float* shared, const ViewLayout& layout,
                                      const uint8_t* pixels, int width, int size,
                                      const AugmentParameters& p) {
    using namespace augment_math;
    float *rows = shared + layout.rows, *image = shared + layout.image;
    int* first_x = reinterpret_cast<int*>(shared + layout.first);
    int* first_y = first_x + size;
    const ResizeFilter horizontal(p.width, p.grid_width), vertical(p.height, p.grid_height);
    float *weights_x = shared + layout.weights, *weights_y = weights_x + size * horizontal.taps;
    block.each(2 * size, [&](int i) {
      if (i < size)
        first_x[i] = horizontal.weights(p.grid_left + i, weights_x + i * horizontal.taps);
      else
        first_y[i - size] =
            vertical.weights(p.grid_top + i - size, weights_y + (i - size) * vertical.taps);
    });
    block.each(p.height * size, [&](int i) {
      const int x = i % size, y = i / size;
      const int from = (p.top + y) * width + p.left + first_x[x];
      store(rows, i,
            weighted_sum(pixels + from * 3, weights_x + x * horizontal.taps, horizontal.taps));
    });
    const int line = size * 3;
    block.each(size * line, [&](int i) {
      const int x = i % line, y = i / line;
      const float* w = weights_y + y * vertical.taps;
      float value = 0;
      for (int t = 0; t < vertical.taps; ++t) value += w[t] * rows[(first_y[y] + t) * line + x];
      image[i] = value;
    });
  }

#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
  SIAM_HOST_DEVICE static void change_color(const Block& block, float* image, int count,
                                            const AugmentParameters& p, ColorOp op) {
    using namespace augment_math;
    switch (op) {
      case ColorOp::brightness:
        for_pixels(block, image, count, [&](Rgb c) { return blend(c, 0, p.brightness); });
        break;
      case ColorOp::contrast: {
        const float gray = block.sum(count, [&](int i) { return luma(pixel(image, i)); }) /
                           static_cast<float>(count);
        for_pixels(block, image, count, [&](Rgb c) { return blend(c, gray, p.contrast); });
        break;
      }
      case ColorOp::saturation:
        for_pixels(block, image, count, [&](Rgb c) { return blend(c, luma(c), p.saturation); });
        break;
      case ColorOp::hue:
        for_pixels(block, image, count, [&](Rgb c) { return shift_hue(c, p.hue); });
        break;
    }
  }

#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
  SIAM_HOST_DEVICE static void blur(const Block& block, float* weights, float* image, float* copy,
                                    int size, float sigma) {
    using namespace augment_math;
    const int radius = blur_radius(sigma), line = size * 3;
    block.each(2 * radius + 1, [&](int i) { weights[i] = blur_weight(i - radius, sigma); });
    block.each(1, [&](int) {
      float total = 0;
      for (int i = 0; i <= 2 * radius; ++i) total += weights[i];
      for (int i = 0; i <= 2 * radius; ++i) weights[i] /= total;
    });
    block.each(size * line, [&](int i) {
      const int x = i % line, begin = i - x;
      float value = 0;
      for (int t = -radius; t <= radius; ++t)
        value += weights[t + radius] * image[begin + repeated_edge(x / 3 + t, size) * 3 + x % 3];
      copy[i] = value;
    });
    block.each(size * line, [&](int i) {
      const int x = i % line, y = i / line;
      float value = 0;
      for (int t = -radius; t <= radius; ++t)
        value += weights[t + radius] * copy[repeated_edge(y + t, size) * line + x];
      image[i] = value;
    });
  }

#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
  template <class F>
  SIAM_HOST_DEVICE static void for_pixels(const Block& block, float* image, int count, const F& f) {
    block.each(count, [&](int i) { store(image, i, f(pixel(image, i))); });
  }

  SIAM_HOST_DEVICE static augment_math::Rgb pixel(const float* image, int i) {
    return {image[3 * i], image[3 * i + 1], image[3 * i + 2]};
  }
  SIAM_HOST_DEVICE static void store(float* image, int i, augment_math::Rgb c) {
    image[3 * i] = c.r;
    image[3 * i + 1] = c.g;
    image[3 * i + 2] = c.b;
  }
};

}  // namespace siam
