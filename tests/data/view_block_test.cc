// The code of the augmentation's CUDA kernel, run on the CPU.

#include "data/view_block.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "data/augment.h"
#include "tensor/dtype.h"
#include "tests/tensor/host_block.h"

namespace siam {

namespace {

// Smooth colours with noise on them, as photographs have.
Image photograph(int height, int width, uint32_t stream) {
  auto pixels = std::make_shared<std::vector<uint8_t>>(height * width * 3);
  Random random(6, Purpose::test, stream);
  const float slope[3] = {random.uniform(), random.uniform(), random.uniform()};
  for (int i = 0; i < height * width * 3; ++i)
    (*pixels)[i] = static_cast<uint8_t>(200 * slope[i % 3] * static_cast<float>(i / 3 % width) /
                                            static_cast<float>(width) +
                                        random.uniform(0, 55));
  return {height, width, pixels->data(), pixels};
}

template <class T>
std::vector<T> by_block(const Image& image, const AugmentConfig& config, const AugmentParameters& p,
                        bool backwards) {
  const ViewLayout layout(config, image.height, image.width);
  std::vector<float> shared(layout.total, NAN);
  std::vector<T> out(config.size * config.size * 3, T(NAN));
  ViewProgram<HostBlock, T>::run(HostBlock{backwards}, shared.data(), layout, image.pixels,
                                 image.width, config, p, out.data());
  return out;
}

}  // namespace

// Colours agree to some 2e-6: up to ten roundings of 6e-8 and a hue that amplifies them (see
// augment_test.cc). Normalising divides by 0.22: 1e-5. Sums of 13 positive weights in the blur add
// nothing to this.
TEST_CASE("the block's program makes the CPU's views, at the sizes of real images") {
  struct Case {
    int height, width, size;
  };
  for (const Case& c : {Case{32, 32, 32},
                        {28, 28, 32},
                        {28, 28, 28},
                        {96, 96, 64},
                        {17, 40, 24},
                        {40, 17, 8},
                        {83, 61, 29}}) {
    AugmentConfig config;
    config.size = c.size;
    config.gray_probability = config.blur_probability = 0.3f;
    if (c.height == c.size) config.crop_pct = 1;
    int jitter = 0, gray = 0, blur = 0, flip = 0;
    for (int sample = 0; sample < 40; ++sample) {
      CAPTURE(fmt::format("{}x{} to {}, sample {}", c.height, c.width, c.size, sample));
      const Image image = photograph(c.height, c.width, static_cast<uint32_t>(sample));
      const AugmentParameters p =
          sample == 0 ? augment_math::central(config, c.height, c.width)
                      : draw(config, image.height, image.width, 7, 3, sample, sample % 2);
      jitter += p.jitter, gray += p.gray, blur += p.blur, flip += p.flip;
      std::vector<float> expected(c.size * c.size * 3);
      augment(image, config, p, expected.data());
      const auto seen = by_block<float>(image, config, p, false);
      float worst = 0;
      for (size_t i = 0; i < seen.size(); ++i)
        worst = std::fmax(worst, std::isnan(seen[i]) ? INFINITY : std::abs(seen[i] - expected[i]));
      CHECK(worst < 1e-5f);
      const auto backwards = by_block<float>(image, config, p, true);
      CHECK(std::memcmp(seen.data(), backwards.data(), seen.size() * sizeof(float)) == 0);
      const auto half = by_block<bf16>(image, config, p, false);
      // One rounding of 2^-8; the compiler may fuse other multiplications than for f32.
      bool rounded = true;
      for (size_t i = 0; i < seen.size(); ++i)
        rounded &= std::abs(half[i] - seen[i]) <= 0x1p-8f * std::abs(seen[i]) + 1e-5f;
      CHECK(rounded);
    }
    CHECK((jitter > 0 && gray > 0 && blur > 0 && flip > 0));  // every step was seen
  }
}

TEST_CASE("every block of the grid makes a view of its own, first views first") {
  int64_t block = 0;
  for (int view = 0; view < 4; ++view)
    for (int64_t sample = 0; sample < 5; ++sample, ++block) {
      const ViewIndex index(block, 5);
      CHECK(index.view == view);
      CHECK(index.sample == sample);
    }
}

}  // namespace siam
