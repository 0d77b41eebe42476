#pragma once
// Where the time goes, kernel by kernel. Every kernel is called through SIAM_DISPATCH (dispatch.h),
// which asks here whether the call is to be timed.

#include <string>
#include <vector>

#include "tensor/tensor.h"
#include "tensor/time_mark.h"

namespace siam {

/// Calls of one kernel on one shape.
struct KernelTime {
  std::string kernel;  ///< as in backends.h
  Shape shape;         ///< of the tensor that chose the backend: the first argument in general
  int64_t calls = 0;
  double seconds = 0;  ///< of all calls
};

/// While it lives, times the kernels that this thread calls; at most one in a thread. On a GPU
/// marks are queued around each kernel and read afterwards: nothing waits. A kernel that finds the
/// GPU idle counts with the time the host needs to queue it, so queue other work first where the
/// host is the slower one. Not for captures: replays call no kernel, and their marks cannot be
/// read.
class Profile {
 public:
  /// The whole, to which the kernels are parts, is measured on `device` from here on.
  explicit Profile(Device device);
  ~Profile();
  Profile(const Profile&) = delete;

  /// Ends the measurement and waits for the device.
  void stop();

  /// After stop(). Seconds of the whole, and of each kernel and shape, the longest first.
  double seconds() const { return seconds_; }
  const std::vector<KernelTime>& kernels() const { return kernels_; }

 private:
  friend class KernelCall;
  struct Call;
  static constinit thread_local Profile* active_;

  Device device_;
  TimeMark begin_;
  std::vector<Call> calls_;
  std::vector<KernelTime> kernels_;
  double seconds_ = 0;
};

/// The same, each kernel's shapes added up.
std::vector<KernelTime> by_kernel(const std::vector<KernelTime>& kernels);

/// A table of `kernels` in milliseconds and share of the whole, longest first, those below `least`
/// of the whole added up; then what is in no kernel: copies, gaps, the host.
std::string profile_table(const std::vector<KernelTime>& kernels, double seconds, double least = 0);

/// One call of a kernel, from construction to finish(). A kernel that calls another counts for
/// both.
class KernelCall {
 public:
  /// `call` is the kernel's name or the call's text, and outlives the profile.
  KernelCall(const char* call, const Tensor& tensor) : profile_(Profile::active_) {
    if (profile_ != nullptr) [[unlikely]]
      begin(call, tensor);
  }
  ~KernelCall() {
    if (profile_ != nullptr) [[unlikely]]
      Profile::active_ = profile_;
  }
  KernelCall(const KernelCall&) = delete;

  /// Without it, as after an exception, the call does not count.
  void finish() {
    if (profile_ != nullptr) [[unlikely]]
      end();
  }

 private:
  void begin(const char* call, const Tensor& tensor);
  void end();

  Profile* profile_;
};

}  // namespace siam
