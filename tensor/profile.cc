#include "tensor/profile.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace siam {

constinit thread_local Profile* Profile::active_ = nullptr;

struct Profile::Call {
  std::string_view kernel;
  Shape shape;
  Device device;
  TimeMark begin;
  std::optional<TimeMark> end;
};

namespace {

void sort_longest_first(std::vector<KernelTime>& kernels) {
  std::stable_sort(kernels.begin(), kernels.end(),
                   [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
}

// Adds up those with the same key, in the order of first occurrence.
template <class Key>
std::vector<KernelTime> added_up(const std::vector<KernelTime>& kernels, const Key& key) {
  std::vector<KernelTime> sums;
  std::map<std::string, size_t> known;
  for (const KernelTime& each : kernels) {
    const auto [place, fresh] = known.try_emplace(key(each), sums.size());
    if (fresh) {
      sums.push_back(each);
      continue;
    }
    sums[place->second].calls += each.calls;
    sums[place->second].seconds += each.seconds;
  }
  sort_longest_first(sums);
  return sums;
}

}  // namespace

Profile::Profile(Device device) : device_(device), begin_(device) {
  check(active_ == nullptr, "profile: one is being made in this thread; one at a time; end it");
  active_ = this;
}

Profile::~Profile() {
  if (active_ == this) active_ = nullptr;  // and not another, made since stop()
}

void Profile::stop() {
  if (active_ == this) active_ = nullptr;
  seconds_ = seconds_between(begin_, TimeMark(device_));
  std::vector<KernelTime> single;
  for (const Call& call : calls_)
    if (call.end)
      single.push_back(
          {std::string(call.kernel), call.shape, 1, seconds_between(call.begin, *call.end)});
  calls_.clear();
  kernels_ = added_up(
      single, [](const KernelTime& each) { return fmt::format("{} {}", each.kernel, each.shape); });
}

// Kernels inside this one are part of it.
void KernelCall::begin(const char* call, const Tensor& tensor) {
  const std::string_view text = call;
  Profile::active_ = nullptr;
  profile_->calls_.push_back({text.substr(0, text.find('(')),
                              tensor.shape(),
                              tensor.device(),
                              TimeMark(tensor.device()),
                              {}});
}

void KernelCall::end() {
  Profile::Call& call = profile_->calls_.back();
  call.end.emplace(call.device);
}

std::vector<KernelTime> by_kernel(const std::vector<KernelTime>& kernels) {
  std::vector<KernelTime> sums =
      added_up(kernels, [](const KernelTime& each) { return each.kernel; });
  for (KernelTime& each : sums) each.shape = {};
  return sums;
}

std::string profile_table(const std::vector<KernelTime>& kernels, double seconds, double least) {
  std::string table = fmt::format("{:56} {:>5} {:>9} {:>8}\n", "kernel", "calls", "ms", "share");
  const auto line = [&](const std::string& name, const std::string& calls, double time) {
    table += fmt::format("{:56} {:>5} {:9.3f} {:6.1f} %\n", name, calls, 1e3 * time,
                         100 * time / seconds);
  };
  KernelTime all, small;
  const auto add = [](KernelTime& sum, const KernelTime& each) {
    sum.calls += each.calls;
    sum.seconds += each.seconds;
  };
  for (const KernelTime& each : kernels) {
    add(all, each);
    if (each.seconds < least * seconds)
      add(small, each);
    else
      line(each.shape.rank() == 0 ? each.kernel : fmt::format("{} {}", each.kernel, each.shape),
           std::to_string(each.calls), each.seconds);
  }
  if (small.calls > 0) line("shorter ones", std::to_string(small.calls), small.seconds);
  line("all kernels", std::to_string(all.calls), all.seconds);
  line("not in kernels", "", seconds - all.seconds);
  line("the whole", "", seconds);
  return table;
}

}  // namespace siam
