// The evaluation transform against torchvision (tests/golden/make_test_transform.py).

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>

#include "data/augment.h"
#include "tensor/io/safetensors.h"

namespace siam {

namespace {

// The picture of make_test_transform.py.
Image picture(int height, int width) {
  auto pixels = std::make_shared<std::vector<uint8_t>>(static_cast<size_t>(height) * width * 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        (*pixels)[(static_cast<size_t>(y) * width + x) * 3 + c] =
            static_cast<uint8_t>((3 * y * y + 5 * x * x + 7 * x * y + 83 * c) % 256);
  return {height, width, pixels->data(), pixels};
}

}  // namespace

TEST_CASE("the evaluation transform is torchvision's Resize and CenterCrop, at every size") {
  const TensorFile golden =
      load_safetensors(SIAM_SOURCE_DIR "/tests/golden/test_transform.safetensors");
  int cases = 0;
  for (const auto& [name, expected] : golden.tensors) {
    int height = 0, width = 0, resized = 0, size = 0;
    char kind[8] = {};
    REQUIRE(std::sscanf(name.c_str(), "%dx%d %d %d %7s", &height, &width, &resized, &size, kind) ==
            5);
    CAPTURE(name);
    AugmentConfig config;
    config.size = size;
    config.crop_pct = resized == size ? 1 : 0.875f;
    for (int c = 0; c < 3; ++c) config.mean[c] = 0, config.deviation[c] = 1;
    std::vector<float> view(static_cast<size_t>(size) * size * 3);
    test_transform(picture(height, width), config, view.data());
    const std::string line = torchvision_transform(config);
    CHECK(line.starts_with(
        fmt::format("ToTensor(), Resize({}, antialias=True), CenterCrop({}), ", resized, size)));
    const int64_t kept = expected.dim(0), step = size / kept;
    double worst = 0;
    for (int64_t y = 0; y < kept; ++y)
      for (int64_t x = 0; x < kept; ++x)
        for (int64_t c = 0; c < 3; ++c) {
          const int64_t from = (y * kept + x) * 3 + c;
          const double wanted = expected.dtype() == DType::u8
                                    ? expected.data<uint8_t>()[from] / 255.0
                                    : expected.data<float>()[from];
          const double error = std::abs(view[(y * step * size + x * step) * 3 + c] - wanted);
          worst = std::fmax(worst, std::isnan(error) ? INFINITY : error);
        }
    // Positions up to 512 are accurate to 3e-5 in f32, and a pixel's neighbour may differ by all of
    // [0, 1]. Pillow rounds twice, by half a level each time.
    CHECK(worst <= (expected.dtype() == DType::u8 ? 1.0 / 255 + 1e-4 : 1e-4));
    ++cases;
  }
  CHECK(cases == 40);
}

TEST_CASE("ImageNet's transform is the default") {
  CHECK(torchvision_transform({}) ==
        "ToTensor(), Resize(256, antialias=True), CenterCrop(224), "
        "Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])");
}

// What CIFAR's recipe does to its images: nothing.
TEST_CASE("with crop_pct 1 an image of the view's size is left as it is") {
  AugmentConfig config;
  config.size = 32;
  config.crop_pct = 1;
  for (int c = 0; c < 3; ++c) config.mean[c] = 0, config.deviation[c] = 1;
  const Image image = picture(32, 32);
  std::vector<float> view(32 * 32 * 3);
  test_transform(image, config, view.data());
  for (size_t i = 0; i < view.size(); ++i)
    CHECK(view[i] == doctest::Approx(image.pixels[i] / 255.0).epsilon(1e-6));
}

}  // namespace siam
