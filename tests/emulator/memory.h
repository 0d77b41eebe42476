#pragma once
// Device memory: inaccessible to the host except while queued work runs.

namespace emulator {

/// While one lives, device memory can be read and written.
class DeviceAccess {
 public:
  DeviceAccess();
  ~DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
};

}  // namespace emulator
