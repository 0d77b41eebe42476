#pragma once
// Where the time goes, kernel by kernel. Every kernel is called through SIAM_DISPATCH (dispatch.h),
// which checks here whether to time the call.

#include <string>
#include <vector>

#include "tensor/tensor.h"
#include "tensor/time_mark.h"

namespace siam {

/// Calls of one kernel on one shape.
struct KernelTime {
  std::string kernel;  ///< as in backends.h
  Shape shape;         ///< of the tensor that chose the backend, usually the first argument
  int64_t calls = 0;
  double seconds = 0;  ///< of all calls
};

/// While it lives, times the kernels that this thread calls; at most one per thread. On a GPU,
/// marks are queued around each kernel and read afterwards: nothing waits. If the GPU is idle when
/// a kernel is called, its time includes what the host needs to queue it, so queue other work first
/// if the host is the slower one. Not for captures: replays call no kernels, and their marks cannot
/// be read.
class Profile {
 public:
  /// From here on measures the total, of which the kernels are parts, on `device`.
  explicit Profile(Device device);
  ~Profile();
  Profile(const Profile&) = delete;

  /// Ends the measurement and waits for the device.
  void stop();

  /// After stop(): seconds in total, and of each kernel and shape, longest first.
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

/// The same, summed over each kernel's shapes.
std::vector<KernelTime> by_kernel(const std::vector<KernelTime>& kernels);

/// A table of `kernels` in milliseconds and share of the total, longest first, with those below a
/// share of `least` added up; then the time outside kernels: copies, gaps, the host.
std::string profile_table(const std::vector<KernelTime>& kernels, double seconds, double least = 0);

/// One call of a kernel, from construction to finish(). A kernel that calls another counts for
/// both.
class KernelCall {
 public:
  /// `call` is the kernel's name or the call's text, and must outlive the profile.
  KernelCall(const char* call, const Tensor& tensor) : profile_(Profile::active_) {
    if (profile_ != nullptr) [[unlikely]]
      begin(call, tensor);
  }
  ~KernelCall() {
    if (profile_ != nullptr) [[unlikely]]
      Profile::active_ = profile_;
  }
  KernelCall(const KernelCall&) = delete;

  /// If it is not called, as after an exception, the call does not count.
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
