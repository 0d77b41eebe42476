// Inspects a data set before a run uses it.

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <set>

#include "data/survey.h"
#include "data/tolerant.h"
#include "experiments/commands/command.h"
#include "experiments/commands/output_file.h"
#include "experiments/console.h"
#include "experiments/json_text.h"
#include "experiments/number_option.h"
#include "experiments/options.h"
#include "experiments/progress.h"
#include "simsiam/config.h"
#include "simsiam/monitor.h"
#include "tensor/io/atomic_file.h"
#include "tensor/parallel.h"
#include "tensor/print.h"

namespace siam {

namespace {

using Files = std::vector<SurveyedFile>;

constexpr size_t kExamples = 5, kClassesShown = 20;

struct Finding {
  std::string name, what;  ///< in JSON and for people
  const Files& files;
};

std::vector<Finding> findings(const Survey& survey) {
  return {{"unreadable", "unreadable", survey.unreadable},
          {"truncated", "truncated", survey.truncated},
          {"grey", "grey", survey.grey},
          {"cmyk", "CMYK (converted)", survey.cmyk},
          {"exif_rotated", "EXIF-rotated (turned upright)", survey.rotated},
          {"tiny", fmt::format("tiny (a side below {})", kTinySide), survey.tiny},
          {"duplicates", "copies of another file", survey.duplicates}};
}

std::string row(std::string_view what, const auto& value) {
  return fmt::format("{:<31} {}\n", what, value);
}

std::string sizes_text(const Survey& survey) {
  if (survey.sizes.empty()) return "";
  const auto text = [](const std::pair<int, int>& size) {
    return fmt::format("{}x{}", size.first, size.second);
  };
  return row("width x height",
             fmt::format("{} to {}, median {}", text(survey.sizes.front()),
                         text(survey.sizes.back()), text(survey.sizes[survey.sizes.size() / 2])));
}

std::string classes_text(const Dataset& images, const Survey& survey) {
  const std::string why = images.why_unlabelled();
  if (!images.labelled())
    return row("classes", "none: " + one_line(why.empty() ? "no labels" : why));
  std::vector<std::pair<int64_t, std::string>> classes;
  for (const auto& [name, count] : survey.by_class) classes.emplace_back(count, name);
  std::sort(classes.begin(), classes.end());
  std::string text = row("classes", fmt::format("{}, of {} to {} images", classes.size(),
                                                classes.front().first, classes.back().first));
  const size_t shown = std::min(classes.size(), kClassesShown);
  for (size_t i = 0; i < shown; ++i)
    text += fmt::format("    {:>8} {}\n", classes[i].first, one_line(classes[i].second));
  if (shown < classes.size())
    text += fmt::format("    and {} larger ones\n", classes.size() - shown);
  return text;
}

std::string report(const std::string& folder, const Dataset& images, const Survey& survey) {
  std::string text = fmt::format("{}\n", one_line(folder));
  std::vector<std::string> formats;
  for (const auto& [name, count] : survey.formats)
    formats.push_back(fmt::format("{} {}", count, name));
  text += row("images", fmt::format("{}, {} in files", images.size(), format_bytes(survey.bytes)));
  text += row("can be read", fmt::format("{}{}{}", survey.readable(), formats.empty() ? "" : ": ",
                                         fmt::join(formats, ", ")));
  text += sizes_text(survey);
  for (const auto& [name, what, files] : findings(survey)) {
    text += row(what, files.size());
    for (size_t i = 0; i < std::min(files.size(), kExamples); ++i)
      text += fmt::format("    {}{}{}\n", one_line(files[i].path),
                          files[i].note.empty() ? "" : ": ", one_line(files[i].note));
    if (files.size() > kExamples)
      text += fmt::format("    and {} more\n", files.size() - kExamples);
  }
  for (const auto& [kind, found] : survey.unused.kinds())
    text += row("not used: " + one_line(kind),
                fmt::format("{} ({})", found.first, one_line(found.second.string())));
  return text + classes_text(images, survey);
}

// The part of a data set that a run trains on, or tests with: it counts the files that cannot be
// read in each by itself (data/tolerant.h).
struct Part {
  std::string_view use;
  int64_t bad = 0, images = 0;

  double bad_share() const { return static_cast<double>(bad) / static_cast<double>(images); }
};

// The one with the larger share of files that cannot be read, of those that a run needs.
Part worse_part(const TrainTest& data, const Survey& survey) {
  std::set<std::string> bad;
  for (const auto* files : {&survey.unreadable, &survey.truncated})
    for (const SurveyedFile& file : *files) bad.insert(file.path);
  const auto part = [&](std::string_view use, const Dataset& dataset) {
    Part counted{use, 0, dataset.size()};
    for (int64_t i = 0; i < dataset.size(); ++i)
      counted.bad += bad.contains(dataset.path(i).generic_string()) ? 1 : 0;
    return counted;
  };
  const Part train = part("to train on", *data.train);
  if (!measures_test_images(data)) return train;
  const Part test = part("to test with", *data.test);
  return test.bad_share() > train.bad_share() ? test : train;
}

nlohmann::ordered_json as_json(const std::string& folder, const Survey& survey, bool works) {
  nlohmann::ordered_json json = {{"folder", folder},          {"works", works},
                                 {"images", survey.images},   {"readable", survey.readable()},
                                 {"bytes", survey.bytes},     {"formats", survey.formats},
                                 {"classes", survey.by_class}};
  for (const auto& [name, what, files] : findings(survey)) {
    json[name] = nlohmann::ordered_json::array();
    for (const SurveyedFile& file : files)
      json[name].push_back({{"path", file.path}, {"note", file.note}});
  }
  json["not_used"] = nlohmann::ordered_json::array();
  for (const auto& [kind, found] : survey.unused.kinds())
    json["not_used"].push_back(
        {{"kind", kind}, {"count", found.first}, {"example", found.second.string()}});
  return json;
}

}  // namespace

int doctor_command(int argc, char** argv) {
  std::string folder, file;
  int threads = 0;
  double most = Config().max_bad_fraction;
  CLI::App app(
      "Inspects every image of a folder before a run uses it: which files cannot be read, are "
      "unusual or are duplicates, and how many images each class has. Exits with status 1 if a run "
      "would not work.",
      "simsiam doctor");
  app.add_option("folder", folder, "of images, at any depth")->required();
  app.add_option("--json", file, "also write the report, with every file that it counts, to this");
  add_number(app, "--max-bad-fraction", most, "of the images that a run would replace by others",
             0.0, 1.0)
      ->capture_default_str();
  add_number(app, "--threads", threads, "that read; 0: all cores", 0, 1024)->capture_default_str();
  if (!parse_or_help(app, argc - 1, argv + 1, "a folder and options")) return 0;
  if (!file.empty()) check_output(file, {}, "\"readable\"", "--json");
  set_threads(threads);
  Progress progress;
  TrainTest parts;
  std::shared_ptr<const Dataset> images;
  {
    const auto phase = progress.phase(fmt::format("finding images in {}", folder));
    parts = open_images(folder);  // Error where a run would not start
    images = open_all_images(folder);
  }
  if (images->in_memory()) {
    print(stdout, fmt::format("{}: {}, {}: no files of images to look at\n", one_line(folder),
                              images->name(), images->contents()));
    return 0;
  }
  const Survey seen = [&] {
    auto phase = progress.phase(fmt::format("looking at {} images", images->size()));
    return survey(folder, *images, [&](double share) { phase.done(share); });
  }();
  const Part worse = worse_part(parts, seen);
  const bool works = seen.readable() > 0 && tolerated(worse.bad, worse.images, most);
  print(stdout, report(folder, *images, seen));
  if (!file.empty()) write_file_atomically(file, json_text(as_json(folder, seen, works)));
  check(seen.readable() > 0,
        "{}: none of {} images can be read; one at least is needed; replace "
        "what is named above",
        folder, seen.images);
  check(works,
        "{}: {} of the {} images {} cannot be read; at most {:g} % may be unreadable; replace or "
        "remove what is named above, or give a run another --max-bad-fraction",
        folder, worse.bad, worse.images, worse.use, 100 * most);
  print(stdout,
        row("a run works",
            worse.bad > 0 ? "yes, with neighbours in place of what cannot be read" : "yes"));
  return 0;
}

}  // namespace siam
