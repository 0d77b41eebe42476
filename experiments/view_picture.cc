#include "experiments/view_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "data/resize.h"

namespace siam {

namespace {

constexpr int kGap = 4;  // between two pictures

uint8_t level(float value) {
  return static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0f, 1.0f)));
}

AugmentParameters draw_view(const Image& image, const AugmentConfig& config,
                            const ViewChoice& choice, int view) {
  return draw(config, image.height, image.width, choice.seed, choice.epoch, choice.sample, view);
}

// A white sheet on which pictures are placed from left to right.
class Sheet {
 public:
  Sheet(int height, int width)
      : height_(height),
        width_(width),
        pixels_(std::make_shared<std::vector<uint8_t>>(static_cast<size_t>(height) * width * 3,
                                                       uint8_t{255})) {}

  /// pixel(y, x, channel), in [0, 1].
  template <class Pixel>
  void add(int height, int width, const Pixel& pixel) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        for (int c = 0; c < 3; ++c)
          (*pixels_)[(static_cast<size_t>(y) * width_ + left_ + x) * 3 + c] = level(pixel(y, x, c));
    left_ += width + kGap;
  }

  Image image() const { return {height_, width_, pixels_->data(), pixels_}; }

 private:
  int height_, width_, left_ = 0;
  std::shared_ptr<std::vector<uint8_t>> pixels_;
};

}  // namespace

Image view_picture(const Image& image, const AugmentConfig& config, const ViewChoice& choice) {
  const int side = config.size, shown = side * choice.zoom;
  const double scale =
      std::min(static_cast<double>(shown) / image.height, 4.0 * shown / image.width);
  const int height = std::max(1, static_cast<int>(std::lround(scale * image.height)));
  const int width = std::max(1, static_cast<int>(std::lround(scale * image.width)));
  Sheet sheet(shown, width + choice.views * (kGap + shown));
  std::vector<float> original(static_cast<size_t>(height) * width * 3);
  resize_crop(image, {0, image.height, height, 0, height}, {0, image.width, width, 0, width},
              original.data());
  sheet.add(height, width, [&](int y, int x, int c) { return original[(y * width + x) * 3 + c]; });
  std::vector<float> seen(static_cast<size_t>(side) * side * 3);
  for (int view = 0; view < choice.views; ++view) {
    augment(image, config, draw_view(image, config, choice, view), seen.data());
    sheet.add(shown, shown, [&](int y, int x, int c) {
      return seen[(y / choice.zoom * side + x / choice.zoom) * 3 + c] * config.deviation[c] +
             config.mean[c];
    });
  }
  return sheet.image();
}

std::string view_text(const Image& image, const AugmentConfig& config, const ViewChoice& choice) {
  std::string text;
  for (int view = 0; view < choice.views; ++view) {
    const AugmentParameters p = draw_view(image, config, choice, view);
    text += fmt::format("view {}: {}x{} of {}x{} pixels at {},{}", view + 1, p.width, p.height,
                        image.width, image.height, p.left, p.top);
    if (p.jitter)
      text += fmt::format("; brightness {:.2f}, contrast {:.2f}, saturation {:.2f}, hue {:+.2f}",
                          p.brightness, p.contrast, p.saturation, p.hue);
    if (p.gray) text += "; grey";
    if (p.blur) text += fmt::format("; blurred, sigma {:.2f}", p.sigma);
    if (p.flip) text += "; flipped";
    text += '\n';
  }
  return text;
}

}  // namespace siam
