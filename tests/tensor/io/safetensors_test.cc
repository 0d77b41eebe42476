#include <sys/stat.h>

#include <cmath>
#include <ctime>

#include "tests/tensor/io/safetensors_cases.h"

namespace siam {

TEST_CASE("what was saved is loaded, bit for bit") {
  const ScratchFolder folder;
  const TensorFile saved = example();
  save_safetensors(folder / "a.safetensors", saved);
  const TensorFile loaded = load_safetensors(folder / "a.safetensors");
  CHECK(loaded.metadata == saved.metadata);
  REQUIRE(loaded.tensors.size() == saved.tensors.size());
  for (const auto& [name, tensor] : saved.tensors) {
    CAPTURE(name);
    CHECK(same_bits(loaded.at(name), tensor));
  }
  CHECK_THROWS_WITH_AS(loaded.at("fc.bias"),
                       doctest::Contains("a.safetensors: there is no tensor 'fc.bias'"), Error);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file without tensors") {
  const ScratchFolder folder;
  save_safetensors(folder / "a", {});
  CHECK(load_safetensors(folder / "a").tensors.empty());
}

TEST_CASE("the data of every tensor is aligned to its elements") {
  const ScratchFolder folder;
  save_safetensors(folder / "a", example());
  const std::string bytes = read_file(folder / "a");
  uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  CHECK(header % 8 == 0);
  // Wide types first: the data begins with the doubles.
  double first = 0;
  std::memcpy(&first, bytes.data() + 8 + header, 8);
  CHECK(first == 0.1);
}

TEST_CASE("a file made by the Python package") {
  const TensorFile file = load_safetensors(SIAM_SOURCE_DIR "/tests/golden/small.safetensors");
  CHECK(file.metadata == std::map<std::string, std::string>{{"epoch", "3"},
                                                            {"note",
                                                             "quote \" and \xe2\x88\x9a"
                                                             "d"}});
  CHECK(file.tensors.size() == 8);
  CHECK(same_bits(file.at("f64"), Tensor::from<double>({2, 2}, {1.0, -2.5, 1e-300, 3.0})));
  CHECK(same_bits(file.at("layer1.0.conv1.weight"),
                  Tensor::from<float>({1, 2, 3}, {-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f})));
  CHECK(same_bits(file.at("bf16"),
                  Tensor::from<bf16>({3}, {bf16(1), bf16(-0.15625f), bf16(INFINITY)})));
  CHECK(same_bits(file.at("f16"), Tensor::from<f16>({2}, {f16(65504), f16(0x1p-24f)})));
  CHECK(same_bits(file.at("u8"), Tensor::from<uint8_t>({3}, {0, 127, 255})));
  CHECK(same_bits(file.at("i32"), Tensor::from<int32_t>({2}, {INT32_MIN, INT32_MAX})));
  CHECK(same_bits(file.at("scalar"), Tensor::full({}, 7)));
  CHECK(file.at("none").shape() == Shape{0, 4});
}

TEST_CASE("every malformed file gives one clear error") {
  struct Case {
    const char* what;
    std::string bytes;
    const char* message;
  };
  const auto one = [](const std::string& entry, size_t data_bytes) {
    return with_length(R"({"w":)" + entry + "}", std::string(data_bytes, '\0'));
  };
  const std::string huge_length = std::string(7, '\xff') + '\x7f';
  std::string deep(1 << 20, '[');
  const Case cases[] = {
      {"empty", "", "is 0 bytes long"},
      {"no length", "1234567", "is 7 bytes long"},
      {"length past the end", with_length("{}", "").substr(0, 9),
       "2 bytes is announced, 1 bytes follow"},
      {"absurd length", huge_length + "{}", "is announced"},
      {"negative length", std::string(8, '\xff') + "{}", "is announced"},
      {"header above the limit", std::string("\x01\xe1\xf5\x05\0\0\0\0", 8).append(1 << 10, ' '),
       "100000001 bytes is announced"},
      {"no JSON", with_length("hello", ""), "not JSON"},
      {"empty header", with_length("", ""), "not JSON"},
      {"cut JSON", with_length(R"({"w":{"dtype":"F32")", ""), "not JSON"},
      {"a metadata key twice", with_length(R"({"__metadata__":{"a":"","a":""}})", ""),
       "the key 'a' twice"},
      {"an object in a list", with_length(R"({"w":[{"a":1,"a":2}]})", ""), "the key 'a' twice"},
      {"text after JSON", with_length("{}x", ""), "not JSON"},
      {"not UTF-8", with_length("{\"\xff\":1}", ""), "not JSON"},
      {"a list", with_length("[]", ""), "not a JSON object"},
      {"a number", with_length("12", ""), "not a JSON object"},
      {"deep lists", with_length(R"({"w":)" + deep, ""), "levels deep"},
      {"deep lists outside", with_length(deep, ""), "not a JSON object"},
      {"deep objects", with_length(R"({"a":{"b":{"c":{"d":1}}}})", ""), "levels deep"},
      {"a tensor twice",
       with_length(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                   R"("w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                   "ab"),
       "the key 'w' twice"},
      {"a field twice", one(R"({"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]})", 1),
       "the key 'dtype' twice"},
      {"tensor is a number", one("3", 0), "'w' has no dtype"},
      {"no dtype", one(R"({"shape":[1],"data_offsets":[0,1]})", 1), "'w' has no dtype"},
      {"control codes in a name", with_length(R"({"a\n\u001b[2J":3})", ""),
       "tensor 'a??[2J' has no dtype"},
      {"no shape", one(R"({"dtype":"U8","data_offsets":[0,1]})", 1), "'w' has no shape"},
      {"no offsets", one(R"({"dtype":"U8","shape":[1]})", 1), "'w' has no data_offsets"},
      {"unsupported type", one(R"({"dtype":"I64","shape":[1],"data_offsets":[0,8]})", 8),
       "tensor 'w' has type \"I64\"; F64, F32, BF16, F16, U8 or I32 is needed"},
      {"type is a number", one(R"({"dtype":4,"shape":[1],"data_offsets":[0,8]})", 8), "has type 4"},
      {"shape is a number", one(R"({"dtype":"U8","shape":1,"data_offsets":[0,1]})", 1),
       "shape is not a list"},
      {"negative extent", one(R"({"dtype":"U8","shape":[-1],"data_offsets":[0,1]})", 1),
       "not a count"},
      {"fractional extent", one(R"({"dtype":"U8","shape":[1.0],"data_offsets":[0,1]})", 1),
       "not a count"},
      {"extent past 2^63",
       one(R"({"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]})", 1),
       "not a count"},
      {"extent past 2^64",
       one(R"({"dtype":"U8","shape":[18446744073709551617],"data_offsets":[0,1]})", 1),
       "not a count"},
      {"product past 2^64",
       one(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]})", 0),
       "too large"},
      {"bytes past 2^63",
       one(R"({"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]})", 0),
       "too large"},
      {"more data than there is",
       one(R"({"dtype":"U8","shape":[4611686018427387904],"data_offsets":[0,4611686018427387904]})",
           0),
       "the tensors fill 4611686018427387904 bytes, the file has 0"},
      {"six dimensions", one(R"({"dtype":"U8","shape":[1,1,1,1,1,1],"data_offsets":[0,1]})", 1),
       "6 dimensions; at most 5"},
      {"three offsets", one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1,1]})", 1), "not 2"},
      {"offsets backwards", one(R"({"dtype":"U8","shape":[1],"data_offsets":[1,0]})", 1),
       "do not span"},
      {"too few bytes", one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", 4),
       "do not span"},
      {"cut data", one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 7), "the file has 7"},
      {"data after the last", one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})", 2),
       "the file has 2"},
      {"gap at the start", one(R"({"dtype":"U8","shape":[1],"data_offsets":[1,2]})", 2),
       "begins at byte 1"},
      {"overlap",
       with_length(R"({"v":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                   R"("w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                   "abc"),
       "tensor 'w' begins at byte 1 of the data; the one before it ends at 2"},
      {"metadata is a list", with_length(R"({"__metadata__":[]})", ""), "not an object"},
      {"metadata is a number", with_length(R"({"__metadata__":{"epoch":3}})", ""),
       "'epoch' is not a string"},
  };
  const ScratchFolder folder;
  for (const Case& each : cases) {
    CAPTURE(each.what);
    write_file_atomically(folder / "bad", each.bytes);
    const std::string message = error_of_load(folder / "bad");
    CHECK_MESSAGE(message.find(each.message) != std::string::npos, message);
    CHECK(message.starts_with((folder / "bad").string() + ": "));
    CHECK(message.find('\n') == std::string::npos);
  }
  CHECK(error_of_load(folder / "missing").find("No such file") != std::string::npos);
  CHECK(error_of_load(folder.path()).find("is a directory, not a regular") != std::string::npos);
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(error_of_load(folder / "pipe") == fmt::format("{}: not a regular file; one is needed, or a "
                                                      "link to one; check the path",
                                                      (folder / "pipe").string()));
}

// CPU time of the process, not wall-clock time, since other programs may be running. Four times as
// many tensors take four times as long, or 16 times if each looks at all the others.
TEST_CASE("tens of thousands of tensors take time in proportion, and a bound is said") {
  const ScratchFolder folder;
  const auto seconds = [&](int64_t count) {
    TensorFile file;
    for (int64_t i = 0; i < count; ++i)
      file.tensors[fmt::format("layer{}.weight", i)] = Tensor::zeros({1});
    const std::clock_t start = std::clock();
    save_safetensors(folder / "many", file);
    CHECK(load_safetensors(folder / "many").tensors.size() == file.tensors.size());
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  double few = seconds(20000);
  for (int i = 0; i < 2; ++i) few = std::min(few, seconds(20000));
  CHECK(seconds(80000) < 9 * few);

  std::string header = "{";
  for (int i = 0; i <= 1 << 18; ++i)
    header += fmt::format(R"({}"{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
                          i > 0 ? "," : "", i);
  write_file_atomically(folder / "many", with_length(header + "}", ""));
  CHECK(error_of_load(folder / "many").find("has more than 262144 entries; ") != std::string::npos);
}

TEST_CASE("what cannot be saved leaves no file") {
  const ScratchFolder folder;
  const auto save = [&](const std::string& name, const Tensor& tensor) {
    save_safetensors(folder / "a", {{{name, tensor}}, {}});
  };
  CHECK_THROWS_WITH_AS(save("__metadata__", Tensor::zeros({1})),
                       doctest::Contains("keeps this name"), Error);
  CHECK_THROWS_WITH_AS(save("\xff", Tensor::zeros({1})), doctest::Contains("not UTF-8"), Error);
  CHECK_THROWS_WITH_AS(save("w", Tensor()), doctest::Contains("tensor 'w' has no value"), Error);
  CHECK(folder.entries() == 0);

  const SmallDisk disk;
  if (!disk.mounted()) {
    MESSAGE("skipped: no right to mount a small file system");
    return;
  }
  const auto path = disk.folder() / "a.safetensors";
  save_safetensors(path, example());
  CHECK_THROWS_WITH_AS(save_safetensors(path, {{{"w", Tensor::zeros({1 << 20})}}, {}}),
                       doctest::Contains("4.0 MiB are needed"), Error);
  CHECK(load_safetensors(path).tensors.size() == 8);
  CHECK(disk.folder().entries() == 1);
}

}  // namespace siam
