#pragma once
// report.html of an experiment, rewritten while its runs train: a browser tab that reloads shows
// them. The page reloads itself until training is over.

#include <functional>
#include <span>
#include <string>

#include "experiments/ration.h"
#include "experiments/study.h"
#include "experiments/watcher.h"
#include "simsiam/config.h"

namespace siam {

class LiveReport : public Watcher {
 public:
  /// `message` is called once if the page cannot be written.
  LiveReport(const Study& study, const Config& config,
             std::function<void(const std::string&)> message);
  void begin(const Experiment& experiment, const RunRecord& run, const Trainer& trainer) override;
  /// Rewrites the page, and redraws the figure if that does not cost more than a twentieth of the
  /// time since it was last drawn; until then the page keeps the previous picture.
  void epoch(const Experiment& experiment, const RunRecord& run) override;
  void end(const Experiment& experiment, const RunRecord& run) override;
  /// The last page, which is not reloaded, with the figure as it is in the folder, and the other
  /// pictures.
  void complete(const Experiment& experiment, std::span<const StudyPicture> pictures = {});

 private:
  void draw(const Experiment& experiment);
  void write(const Experiment& experiment, const std::string& state, bool goes_on,
             std::span<const StudyPicture> pictures = {});
  std::string page(const Experiment& experiment, const std::string& state, bool goes_on,
                   std::span<const StudyPicture> pictures) const;
  std::string expected_end(const RunRecord& run) const;

  Study study_;
  Config config_;
  std::function<void(const std::string&)> message_;
  // Drawing has not been timed yet; this is less than it takes.
  Ration page_, picture_{0.5};
  bool failed_ = false;
  double begin_ = 0;          ///< steady_seconds() when the current run began here
  size_t epochs_before_ = 0;  ///< of the current run, trained earlier
};

}  // namespace siam
