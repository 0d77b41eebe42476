// Draws the augmented views of an image that training sees.

#include <charconv>

#include "data/image_file.h"
#include "data/tolerant.h"
#include "experiments/commands/command.h"
#include "experiments/commands/output_file.h"
#include "experiments/commands/own_images.h"
#include "experiments/console.h"
#include "experiments/folder.h"
#include "experiments/progress.h"
#include "experiments/view_picture.h"
#include "tensor/io/atomic_file.h"
#include "tensor/print.h"

namespace siam {

namespace {

constexpr int kShownSide = 192;  // approximate side of a view in the picture

int64_t number(const char* option, const std::string& text, int64_t least, int64_t most) {
  int64_t value = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || rest != text.data() + text.size() || value < least || value > most)
    throw UsageError(fmt::format("{} {}; {} to {} is needed; change it or leave it out", option,
                                 text, least, most));
  return value;
}

}  // namespace

int view_command(int argc, char** argv) {
  std::string sample = "0", epoch = "1", views, file = "view.png";
  const std::optional<OwnRun> own =
      own_run(argc, argv,
              "Draws the views of an image that training sees, those of `simsiam pretrain` with "
              "the same folder, preset, seed and options.",
              /*trains=*/false,
              {{"--sample", "index of the image in the training set, from 0; default: 0", &sample},
               {"--epoch", "from 1; default: 1", &epoch},
               {"--views", "of the image; default: as many as a step has", &views},
               {"--out", "file to write; default: view.png", &file}});
  if (!own) return 0;
  check_output(file, {}, "\x89PNG");
  check_outside(file, *own->options.data, "--out");
  const Config& config = own->options.config;
  Progress progress;
  const auto warn = [&](const std::string& text) { progress.message(text); };
  const Tolerance tolerance{config.max_bad_fraction, warn};
  const auto train = subsets(tolerant(own->data, tolerance), config.train_samples, 0).train;
  const ViewChoice choice{.seed = config.seed,
                          .epoch = static_cast<int>(number("--epoch", epoch, 1, config.epochs)) - 1,
                          .sample = number("--sample", sample, 0, train->size() - 1),
                          .views = views.empty()
                                       ? 2 * config.loss.pairs
                                       : static_cast<int>(number("--views", views, 1, 100)),
                          .zoom = std::max(1, kShownSide / config.augment.size)};
  const Image image = train->image(choice.sample);
  const std::vector<uint8_t> png = encode_png(view_picture(image, config.augment, choice));
  write_file_atomically(file, {reinterpret_cast<const char*>(png.data()), png.size()});
  const std::string path = train->path(choice.sample);
  print(stdout, fmt::format("sample {}{}{}, epoch {}, seed {}\n{}{}\n", choice.sample,
                            path.empty() ? "" : ": ", one_line(path), choice.epoch + 1, choice.seed,
                            view_text(image, config.augment, choice), one_line(file)));
  return 0;
}

}  // namespace siam
