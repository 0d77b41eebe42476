#pragma once
// Other programs' names for the tensors of a SimSiam network, and what they reveal about it.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "simsiam/model.h"
#include "tensor/io/safetensors.h"

namespace siam {

/// The tensors of a file, to be taken one by one.
class ForeignTensors {
 public:
  /// Error if there is no first convolution under a known name.
  explicit ForeignTensors(const TensorFile& file);

  /// Depth, width and stem, from names and shapes. Error if the depth is not that of `arch` or,
  /// without `arch`, is neither one of kResNets nor what the file's metadata says.
  ResNetConfig backbone(const std::optional<ResNetArch>& arch) const;
  /// Sets the sizes of projector and predictor. False if the file has neither; Error if it has only
  /// one of them.
  bool heads(ModelConfig& model) const;

  /// The file's name for one of our tensors ("encoder.conv1.weight", "predictor.0.weight").
  std::string name_of(const std::string& ours) const;
  bool has(const std::string& name) const { return file_.tensors.contains(name); }
  /// Error, naming it, if it is missing or of another shape.
  const Tensor& take(const std::string& name, const Shape& needed);
  /// The names of a classifier's tensors, which are not taken. Error if any other tensor is left,
  /// naming it.
  std::vector<std::string> rest() const;

 private:
  const Tensor& at(const std::string& name) const;
  const Tensor& check_shape(const std::string& name, const Shape& needed) const;
  void check_blocks(const ResNetConfig& net) const;

  const TensorFile& file_;
  std::string prefix_;     ///< of the backbone
  std::string predictor_;  ///< of the predictor
  std::set<std::string> taken_;
};

}  // namespace siam
