#include "experiments/commands/encode_images.h"

#include <algorithm>

#include "data/batch_source.h"
#include "experiments/interrupt.h"
#include "simsiam/features.h"
#include "tensor/allocator.h"

namespace siam {

namespace {

// Images [begin, end) except those that cannot be decoded; `from` gives any range of them. `bad`
// gets the reasons of the others, which begin with their paths.
Tensor whole_ones(const TestImages& from, int64_t begin, int64_t end, std::vector<int64_t>& images,
                  std::vector<std::string>& bad) {
  const auto some = [&](int64_t first, int64_t last) {
    const Tensor read = from(first, last);
    for (int64_t i = first; i < last; ++i) images.push_back(i);
    return read;
  };
  try {
    return some(begin, end);
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error&) {  // at least one cannot be decoded: try them one by one
  }
  std::vector<Tensor> each;
  for (int64_t i = begin; i < end; ++i) try {
      each.push_back(some(i, i + 1));
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error& error) {
      bad.emplace_back(error.what());
    }
  if (each.empty()) return {};
  const Shape& one = each[0].shape();
  const Tensor all =
      Tensor::empty({std::ssize(each), one[1], one[2], one[3]}, each[0].dtype(), each[0].device());
  for (int64_t i = 0; i < std::ssize(each); ++i) all.rows(i, i + 1).copy_from(each[i]);
  return all;
}

}  // namespace

void encode_images(const TrainedModel& trained, const Dataset& dataset, bool projection,
                   Progress& progress, const std::function<void(const EncodedImages&)>& encoded) {
  const Config& config = trained.config;
  const TestImages images = test_images(dataset, config.augment, config.device, config.precision);
  const int64_t count = dataset.size(), most = images_at_once(config);
  std::vector<std::string> bad;
  {
    auto phase = progress.phase(fmt::format("features of {} images", count));
    for (int64_t begin = 0; begin < count; begin += most) {
      const int64_t end = std::min(begin + most, count);
      EncodedImages block;
      const Tensor pixels = whole_ones(images, begin, end, block.images, bad);
      if (interrupted()) throw Interrupted("interrupted: nothing was written");
      if (!block.images.empty()) {
        const Encoding both = encode(trained.model, pixels, config, projection);
        block.features = projection ? both.projection : both.backbone;
        encoded(block);
      }
      phase.done(static_cast<double>(end) / static_cast<double>(count));
    }
  }
  if (bad.empty()) return;
  check(std::ssize(bad) < count, "{}; and so the other {} images; images are needed; use others",
        bad[0], count - 1);
  progress.message(
      fmt::format("{} of {} images cannot be read and are left out:", bad.size(), count));
  for (const std::string& why : bad) progress.message("  " + why);
}

Tensor encode_image(const TrainedModel& trained, const Image& image) {
  const AugmentConfig& augment = trained.config.augment;
  const Tensor pixels = Tensor::empty({1, augment.size, augment.size, 3});
  test_transform(image, augment, pixels.data<float>());
  return encode(trained.model, pixels, trained.config, /*projection=*/false).backbone;
}

}  // namespace siam
