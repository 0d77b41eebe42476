#pragma once
// Which of several ways to compute something is the fastest here: measured once, then remembered,
// also in a file. A repeated run thus has the algorithms, and the bits, of the first, and
// concurrent processes agree. This policy knows nothing about GPUs.

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
  /// Seconds that a candidate takes. `least` is the best so far: what takes far longer need not be
  /// measured precisely.
  using Measure = std::function<double(size_t index, double least)>;

  /// Reads the choices in `file`; with an empty path nothing is kept. A damaged file, or one from
  /// another `machine` (GPU and library versions), is ignored, with a message on stderr, and
  /// replaced.
  Tuner(std::filesystem::path file, std::string machine);

  /// Index of the candidate for the problem: the remembered one if it is among them, otherwise the
  /// fastest (the first of equals), which is remembered. A single candidate is not measured.
  /// Infinite seconds mean that it does not work. Error if none does. Problem and candidates are
  /// names without white space. May be called from any thread, one at a time; `seconds` may call it
  /// for other problems. Of the processes that share the file, one measures while the others wait,
  /// and they adopt its choice.
  size_t choose(const std::string& problem, std::span<const std::string> candidates,
                const Measure& seconds);

  /// All choices, in the format of the file.
  std::string plans() const;
  /// Replaces the choices by plans() of another process with the same kind of GPU (another
  /// machine's are not taken), and the file by `<file>.<part>`, whose choices come first: in a
  /// later run `part` repeats what it has measured itself.
  void adopt(const std::string& plans, const std::string& part);

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

/// $SIMSIAM_PLANS, or nothing if that is "off"; otherwise simsiam/plans-<machine>.txt in
/// $XDG_CACHE_HOME or ~/.cache; nothing if there is no home directory.
std::filesystem::path default_plan_file(const std::string& machine);

}  // namespace siam::cuda
