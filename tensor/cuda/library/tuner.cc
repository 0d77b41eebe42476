#include "tensor/cuda/library/tuner.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include "tensor/check.h"
#include "tensor/print.h"

namespace siam::cuda {

namespace {

constexpr const char* kTitle = "simsiam-plans-1";

std::string without_spaces(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') c = '_';
  return text;
}

}  // namespace

// Held by one process at a time. If files cannot be locked, or written, all succeed.
class Tuner::FileLock {
 public:
  explicit FileLock(const std::filesystem::path& file) {
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
    descriptor_ = open((file.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    while (descriptor_ >= 0 && flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FileLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileLock(const FileLock&) = delete;

 private:
  int descriptor_;
};

Tuner::Tuner(std::filesystem::path file, std::string machine)
    : file_(std::move(file)), machine_(without_spaces(std::move(machine))) {
  std::error_code none;
  if (std::optional<Choices> choices = read_file())
    chosen_ = *std::move(choices);
  else if (std::filesystem::exists(file_, none))
    print(stderr, fmt::format("{}: not the plans of {}; ignored, and measured again\n",
                              file_.string(), machine_));
}

// "simsiam-plans-1 <machine> <count>", then "<problem> <candidate>" line by line. Nothing if the
// file is something else.
std::optional<Tuner::Choices> Tuner::read(std::istream& in) const {
  std::string title, machine, problem, candidate;
  size_t count = 0;
  if (!(in >> title >> machine >> count) || title != kTitle || machine != machine_) return {};
  Choices choices;
  for (size_t i = 0; i < count; ++i) {
    if (!(in >> problem >> candidate)) return {};
    choices[problem] = candidate;
  }
  return choices;
}

std::optional<Tuner::Choices> Tuner::read_file() const {
  std::error_code none;
  if (!std::filesystem::is_regular_file(file_, none)) return {};
  std::ifstream in(file_);
  return read(in);
}

std::string Tuner::plans() const {
  const std::lock_guard lock(mutex_);
  std::ostringstream out;
  out << kTitle << ' ' << machine_ << ' ' << chosen_.size() << '\n';
  for (const auto& [problem, candidate] : chosen_) out << problem << ' ' << candidate << '\n';
  return out.str();
}

void Tuner::adopt(const std::string& plans, const std::string& part) {
  const std::lock_guard lock(mutex_);
  chosen_.clear();
  if (!file_.empty()) {
    file_ += "." + part;
    chosen_ = read_file().value_or(Choices());
  }
  std::istringstream in(plans);
  if (std::optional<Choices> theirs = read(in)) chosen_.merge(*theirs);
}

// Written under another name first, since other processes may be reading. Failure to write the file
// is no reason to stop a run.
void Tuner::write() const {
  std::error_code error;
  const std::filesystem::path temporary = file_.string() + fmt::format(".{}", getpid());
  std::ofstream out(temporary);
  out << plans();
  out.close();
  if (out) std::filesystem::rename(temporary, file_, error);
  if (!out || error) std::filesystem::remove(temporary, error);
}

std::optional<size_t> Tuner::known(const std::string& problem,
                                   std::span<const std::string> candidates) const {
  const auto found = chosen_.find(problem);
  if (found == chosen_.end()) return {};
  const auto place = std::ranges::find(candidates, found->second);
  if (place == candidates.end()) return {};
  return place - candidates.begin();
}

size_t Tuner::choose(const std::string& problem, std::span<const std::string> candidates,
                     const Measure& seconds) {
  const std::lock_guard lock(mutex_);
  check(!candidates.empty(), "{}: no algorithm to choose from", problem);
  if (candidates.size() == 1) return 0;
  if (const auto index = known(problem, candidates)) return *index;
  std::shared_ptr<FileLock> turn = lock_.lock();  // held if another problem is being measured
  if (turn == nullptr && !file_.empty()) {
    lock_ = turn = std::make_shared<FileLock>(file_);
    // Another process may have measured it meanwhile.
    if (std::optional<Choices> theirs = read_file()) chosen_.merge(*theirs);
    if (const auto index = known(problem, candidates)) return *index;
  }
  size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < candidates.size(); ++i)
    if (const double needed = seconds(i, least); needed < least) {
      least = needed;
      best = i;
    }
  check(std::isfinite(least), "{}: none of {} algorithms works", problem, candidates.size());
  chosen_[problem] = candidates[best];
  if (!file_.empty()) write();
  return best;
}

std::filesystem::path default_plan_file(const std::string& machine) {
  if (const char* named = std::getenv("SIMSIAM_PLANS"))
    return std::string_view(named) == "off" ? "" : named;
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  if (cache == nullptr && home == nullptr) return {};
  const std::filesystem::path folder =
      cache != nullptr ? std::filesystem::path(cache) : std::filesystem::path(home) / ".cache";
  return folder / "simsiam" / fmt::format("plans-{}.txt", without_spaces(machine));
}

}  // namespace siam::cuda
