#pragma once
// Which of several ways to compute something is the fastest here: measured once, then remembered,
// in a file as well. A run is thus repeated with the algorithms, and the bits, of the first, and
// processes that run at once agree. The policy knows nothing of a GPU.

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

namespace siam::cuda {

class Tuner {
 public:
  /// Seconds of a candidate. `least` is the best so far: what takes far longer need not be measured
  /// well.
  using Measure = std::function<double(size_t index, double least)>;

  /// Reads what `file` knows; an empty path: nothing is kept. A damaged file, or one of another
  /// `machine` (GPU and library versions), is said to be ignored on stderr, and replaced.
  Tuner(std::filesystem::path file, std::string machine);

  /// Index of the candidate for the problem: the remembered one if it is among them, else the one
  /// with the fewest seconds, the first of equals, which is remembered. One candidate is not
  /// measured. Infinite seconds: it does not work. Error if none does. Problem and candidates are
  /// names without white space. From any thread, one at a time; `seconds` may ask for other
  /// problems. Of the processes that share the file one measures, without the others beside it, and
  /// they take its choice.
  size_t choose(const std::string& problem, std::span<const std::string> candidates,
                const Measure& seconds);

  /// All that is remembered, as a file holds it.
  std::string plans() const;
  /// In the place of what is remembered here, and of the file: plans() of another process, whose
  /// GPU is alike. Of another machine's nothing is taken.
  void adopt(const std::string& plans);

 private:
  class FileLock;
  using Choices = std::map<std::string, std::string>;  // by problem

  std::optional<Choices> read(std::istream& in) const;
  std::optional<Choices> read_file() const;
  void write() const;
  std::optional<size_t> known(const std::string& problem,
                              std::span<const std::string> candidates) const;

  mutable std::recursive_mutex mutex_;
  std::filesystem::path file_;
  std::weak_ptr<FileLock> lock_;  ///< of the file, while this process measures
  std::string machine_;
  Choices chosen_;
};

/// $SIMSIAM_PLANS, nothing if that is "off"; else simsiam/plans-<machine>.txt in $XDG_CACHE_HOME or
/// ~/.cache; nothing where there is no home.
std::filesystem::path default_plan_file(const std::string& machine);

}  // namespace siam::cuda
