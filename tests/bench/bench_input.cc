// Rate of the input pipeline on a folder of images, one thread: pairs of views per second of CPU
// time. peer_torchvision.py beside this file is the official pipeline, on the same folder.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>

#include "data/batch_source.h"

namespace siam {

namespace {

struct InputOptions {
  std::string folder;
  int size = 224, rounds = 3;
  int64_t images = 400;
};

// CPU time of this process, whatever else the machine does.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The median of a few rounds over `count` images, after one that warms the file cache.
template <class F>
void measure(const InputOptions& options, int64_t count, const char* what, const F& each) {
  std::vector<double> seconds;
  for (int round = 0; round <= options.rounds; ++round) {
    const double start = cpu_seconds();
    for (int64_t i = 0; i < count; ++i) each(round, i);
    if (round > 0) seconds.push_back(cpu_seconds() - start);
  }
  std::ranges::nth_element(seconds, seconds.begin() + seconds.size() / 2);
  const double median = seconds[seconds.size() / 2] / static_cast<double>(count);
  fmt::print("{:<44}{:8.1f} pairs/s, {:.2f} ms a pair\n", what, 1 / median, 1e3 * median);
}

void bench(const InputOptions& options) {
  const std::shared_ptr<const Dataset> data = open_all_images(options.folder);
  const int64_t count = std::min(options.images, data->size());
  AugmentConfig augmentation;
  augmentation.size = options.size;
  std::vector<float> view(static_cast<size_t>(options.size) * options.size * 3);
  fmt::print("{}: {} images\n", data->name(), count);
  measure(options, count, "decode", [&](int, int64_t i) { data->image(i); });
  const auto of_crops = [&](int round, int64_t i) {
    return data->image_around(i, [&](int height, int width) {
      Box box;
      for (int v = 0; v < 2; ++v)
        box = around(box, crop_of(draw(augmentation, height, width, 0, round, i, v)));
      return box;
    });
  };
  measure(options, count, "decode what two crops need", of_crops);
  measure(options, count, "the same, both crops resized", [&](int round, int64_t i) {
    const Image image = of_crops(round, i);
    for (int v = 0; v < 2; ++v)
      resize_crop(image, draw(augmentation, image.height, image.width, 0, round, i, v),
                  options.size, view.data());
  });
  measure(options, count, "the same, both views augmented", [&](int round, int64_t i) {
    const Image image = of_crops(round, i);
    for (int v = 0; v < 2; ++v)
      augment(image, augmentation, draw(augmentation, image.height, image.width, 0, round, i, v),
              view.data());
  });
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  siam::InputOptions options;
  CLI::App app("Rate of decoding and augmenting a folder of images, one thread");
  app.add_option("folder", options.folder)->required();
  app.add_option("--size", options.size, "of a view")->check(CLI::Range(8, 1024));
  app.add_option("--images", options.images, "at most")->check(CLI::Range(1, 1000000));
  app.add_option("--rounds", options.rounds, "of which the median counts")
      ->check(CLI::Range(1, 100));
  for (CLI::Option* option : app.get_options()) option->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    siam::bench(options);
  } catch (const siam::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
