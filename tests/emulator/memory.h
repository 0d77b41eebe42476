#pragma once
// The device's memory: out of the host's reach but while queued work runs.

namespace emulator {

/// While one lives, the device's memory can be read and written.
class DeviceAccess {
 public:
  DeviceAccess();
  ~DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
};

}  // namespace emulator
