#include "tensor/cuda/library/cudnn_graph.h"

#include "tensor/cuda/library/library_types.h"

namespace siam::cuda {

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) {
  CUDA_CHECK(cudnnBackendCreateDescriptor(type, handle_.out()));
}

void Descriptor::set(cudnnBackendAttributeName_t name, const Descriptor& value) {
  const cudnnBackendDescriptor_t handle = value;
  set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, handle);
}

PlanTarget PlanTarget::here() { return PlanTarget(cudnn()); }

PlanTarget::PlanTarget(std::string_view json) {
  auto properties = std::make_shared<Descriptor>(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties->set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                  std::span<const char>(json));
  properties->finalize();
  properties_ = std::move(properties);
}

int OperationGraph::tensor(DType type, Extents e, int alignment) {
  Descriptor& tensor = tensors_.emplace_back(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  // Extents are always given in the order n, c, h, w; the strides define the layout.
  const int64_t extents[] = {e.n, e.c, e.h, e.w}, strides[] = {e.h * e.w * e.c, 1, e.w * e.c, e.c};
  tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, cudnn_type(type));
  tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, std::span<const int64_t>(extents));
  tensor.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, std::span<const int64_t>(strides));
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, int64_t{tensors()});
  tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, int64_t{alignment});
  tensor.finalize();
  return tensors() - 1;
}

void OperationGraph::add_convolution(cudnnBackendDescriptorType_t type,
                                     cudnnBackendAttributeName_t alpha, ConvGeometry geometry,
                                     Roles roles) {
  Descriptor& conv = parts_.emplace_back(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  const auto both = [&](cudnnBackendAttributeName_t name, int64_t value) {
    const int64_t values[] = {value, value};
    conv.set(name, CUDNN_TYPE_INT64, std::span<const int64_t>(values));
  };
  conv.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
  conv.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION);
  conv.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, int64_t{2});
  both(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, geometry.padding);
  both(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, geometry.padding);
  both(CUDNN_ATTR_CONVOLUTION_DILATIONS, 1);
  both(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, geometry.stride);
  conv.finalize();
  // In each of the three operations, beta and the convolution follow alpha.
  const auto behind = [&](int i) { return static_cast<cudnnBackendAttributeName_t>(alpha + i); };
  Descriptor operation(type);
  // In the compute type: cuDNN would take the first four bytes of a double, which are 0.
  operation.set(alpha, CUDNN_TYPE_FLOAT, 1.0f);
  operation.set(behind(1), CUDNN_TYPE_FLOAT, 0.0f);
  operation.set(behind(2), conv);
  for (const auto& [name, number] : roles) operation.set(name, tensors_[number]);
  operation.finalize();
  operations_.push_back(std::move(operation));
}

void OperationGraph::convolution(ConvGeometry geometry, int x, int w, int y) {
  add_convolution(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                  CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, geometry,
                  {{CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x},
                   {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, w},
                   {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y}});
}

void OperationGraph::convolution_backward_data(ConvGeometry geometry, int dy, int w, int dx) {
  add_convolution(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, geometry,
                  {{CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, dy},
                   {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, w},
                   {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, dx}});
}

void OperationGraph::convolution_backward_weight(ConvGeometry geometry, int x, int dy, int dw) {
  add_convolution(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
                  CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, geometry,
                  {{CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, x},
                   {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, dy},
                   {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, dw}});
}

const Descriptor& OperationGraph::finish(const PlanTarget& target) {
  graph_ = std::make_unique<Descriptor>(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  const std::vector<cudnnBackendDescriptor_t> operations(operations_.begin(), operations_.end());
  graph_->set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
              std::span<const cudnnBackendDescriptor_t>(operations));
  if (target.handle() != nullptr)
    graph_->set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, target.handle());
  graph_->finalize();
  return *graph_;
}

}  // namespace siam::cuda
