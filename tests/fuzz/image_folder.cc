// A folder of images whose only training image is the input.

#include "tests/fuzz/dataset_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace siam;
  static const ScratchFolder folder;
  for (const char* split : {"train/class", "val/class"}) {
    std::filesystem::create_directories(folder / split);
    write_input(folder / split / "x.jpg", {data, size});
  }
  open_and_look(folder.path());
  return 0;
}
