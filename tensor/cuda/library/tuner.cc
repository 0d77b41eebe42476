#include "tensor/cuda/library/tuner.h"

#include <unistd.h>

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

Tuner::Tuner(std::filesystem::path file, std::string machine)
    : file_(std::move(file)), machine_(without_spaces(std::move(machine))) {
  if (file_.empty() || !std::filesystem::exists(file_)) return;
  std::ifstream in(file_);
  if (!read(in))
    print(stderr, fmt::format("{}: not the plans of {}; ignored, and measured again\n",
                              file_.string(), machine_));
}

// "simsiam-plans-1 <machine> <count>", then "<problem> <candidate>" line by line. False, and
// nothing is remembered, if it is something else.
bool Tuner::read(std::istream& in) {
  std::string title, machine, problem, candidate;
  size_t count = 0;
  chosen_.clear();
  bool whole = in >> title >> machine >> count && title == kTitle && machine == machine_;
  for (size_t i = 0; whole && i < count; ++i) {
    whole = static_cast<bool>(in >> problem >> candidate);
    if (whole) chosen_[problem] = candidate;
  }
  if (!whole) chosen_.clear();
  return whole;
}

std::string Tuner::plans() const {
  const std::lock_guard lock(mutex_);
  std::ostringstream out;
  out << kTitle << ' ' << machine_ << ' ' << chosen_.size() << '\n';
  for (const auto& [problem, candidate] : chosen_) out << problem << ' ' << candidate << '\n';
  return out.str();
}

void Tuner::adopt(const std::string& plans) {
  const std::lock_guard lock(mutex_);
  std::istringstream in(plans);
  read(in);
  file_.clear();
}

// Under a name of its own first: other processes may read or write meanwhile. That the file cannot
// be written is no reason to stop a run.
void Tuner::write() const {
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  const std::filesystem::path temporary = file_.string() + fmt::format(".{}", getpid());
  std::ofstream out(temporary);
  out << plans();
  out.close();
  if (out) std::filesystem::rename(temporary, file_, error);
  if (!out || error) std::filesystem::remove(temporary, error);
}

size_t Tuner::choose(const std::string& problem, std::span<const std::string> candidates,
                     const Measure& seconds) {
  const std::lock_guard lock(mutex_);
  check(!candidates.empty(), "{}: no algorithm to choose from", problem);
  if (candidates.size() == 1) return 0;
  if (const auto known = chosen_.find(problem); known != chosen_.end())
    for (size_t i = 0; i < candidates.size(); ++i)
      if (candidates[i] == known->second) return i;
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
