#pragma once
// What is known of a field of the configuration beside its value.

#include <limits>

namespace siam {

/// Of options in --help, in this order.
enum class Group { run, data, method, network, augmentation, hardware, output };

/// Whether a setting is named in summaries, reports and checkpoints, and is part of what identifies
/// a run.
enum class Stated {
  always,
  if_changed,  ///< left out with its default, which is what a checkpoint without it was made with
  never        ///< it leaves no trace in the numbers
};

/// What a number may be.
struct Range {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool open = false;        ///< `least` itself is too little
  const char* reason = "";  ///< why it is needed

  constexpr bool holds(double value) const {
    return (open ? value > least : value >= least) && value <= most;
  }
};

constexpr Range kAny = {};
constexpr Range kShare = {0, 1};  // probabilities, and other parts of a whole
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
  /// On the command line. That of a truth value has an opposite, --no-..., unless it begins with !
  /// and is itself the opposite.
  const char* flag;
  const char* help;
};

/// The rows of one group, for writing the table (config_table.h): each is shown to `visit`.
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
