// From your own photographs to features for other software: one program with its commands in
// commands/.

#include <fmt/format.h>

#include <array>
#include <string>

#include "experiments/commands/command.h"
#include "experiments/guarded.h"
#include "experiments/options.h"
#include "tensor/print.h"

namespace siam {

namespace {

constexpr std::array kCommands = {
    Command{"pretrain", "train on a folder of images, with labels or without", pretrain_command,
            /*on_ranks=*/true},
    Command{"embed", "features of a folder of images, for numpy and the like", embed_command},
    Command{"neighbours", "a page of the images most alike to some", neighbours_command},
    Command{"evaluate", "judge a checkpoint: kNN, linear probes, collapse panel", evaluate_command,
            /*on_ranks=*/true},
    Command{"export", "a checkpoint's backbone for torchvision", export_command},
    Command{"import", "a checkpoint from torchvision's, timm's or the authors' weights",
            import_command},
    Command{"view", "the augmented views of an image that training sees, as a picture",
            view_command},
    Command{"doctor", "look at a folder of images before a run does", doctor_command},
    Command{"plan", "say what a run of pretrain will cost, without running it", plan_command},
};

std::string help() {
  std::string text =
      "Pretrains on a folder of images, and takes the features elsewhere.\n"
      "Usage: simsiam COMMAND [OPTIONS]; simsiam COMMAND --help lists the options\n\nCommands:\n";
  for (const Command& command : kCommands)
    text += fmt::format("  {:<12}{}\n", command.name, command.does);
  return text;
}

int run(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "no command";
  if (name == "--help" || name == "-h") {
    print(stdout, help());
    return 0;
  }
  if (name == "--version") {
    print(stdout, version_text() + "\n");
    return 0;
  }
  std::string names;
  for (const Command& command : kCommands) {
    if (name == command.name) {
      if (!command.on_ranks) need_one_process("simsiam " + name);
      return command.run(argc, argv);
    }
    names += fmt::format("{}{}", names.empty() ? "" : ", ", command.name);
  }
  throw UsageError(fmt::format("{}{}; one of {} is needed; see --help", name,
                               argc > 1 ? ": there is no such command" : "", names));
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  return siam::guarded([&] { return siam::run(argc, argv); });
}
