#pragma once
// What is known about a field of the configuration besides its value.

#include <limits>

namespace siam {

/// Groups of options in --help, in this order.
enum class Group { run, data, method, network, augmentation, hardware, output };

/// Whether a setting is named in summaries, reports and checkpoints, and is part of what identifies
/// a run.
enum class Stated {
  always,
  if_changed,  ///< left out if it has its default, which a checkpoint without it was made with
  never        ///< it does not affect the numbers
};

/// The values that a number may have.
struct Range {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool open = false;        ///< `least` itself is too small
  const char* reason = "";  ///< why it is needed

  constexpr bool holds(double value) const {
    return (open ? value > least : value >= least) && value <= most;
  }
};

constexpr Range kAny = {};
constexpr Range kShare = {0, 1};  // probabilities and other shares
constexpr Range from(double least, double most) { return {least, most}; }
constexpr Range at_least(double least, const char* reason = "") {
  return {.least = least, .reason = reason};
}
constexpr Range positive() { return {.least = 0, .open = true}; }

struct Setting {
  Group group;
  Stated stated;
  const char* name;  ///< in summaries, reports and checkpoints
  Range range;       ///< of a number, or of each in a list
  /// On the command line. A boolean's flag has an opposite, --no-..., unless it begins with !, when
  /// it is itself the opposite.
  const char* flag;
  const char* help;
};

/// The rows of one group, for writing the table (config_table.h): each is passed to `visit`.
template <class Visit>
class Rows {
 public:
  constexpr Rows(const Visit& visit, Group group, Stated stated = Stated::always)
      : visit_(visit), group_(group), stated_(stated) {}

  template <class Member>
  constexpr void operator()(const char* name, Member& member, Range range, const char* flag,
                            const char* help) const {
    visit_(Setting{group_, stated_, name, range, flag, help}, member);
  }

 private:
  const Visit& visit_;
  Group group_;
  Stated stated_;
};

}  // namespace siam
