#include "tensor/cuda/cudnn_graph.h"

#include "tensor/cuda/library_types.h"

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

int OperationGraph::tensor(DType type, Extents extents, int alignment) {
  add_tensor(type, extents, alignment, true);
  return tensors() - 1;
}

int OperationGraph::between(DType type, Extents extents) {
  add_tensor(type, extents, 16, false);
  return tensors() - 1;
}

void OperationGraph::add_tensor(DType type, Extents e, int alignment, bool stored) {
  Descriptor& tensor = tensors_.emplace_back(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  // Extents are always told in the order n, c, h, w; the strides say how they lie.
  const int64_t extents[] = {e.n, e.c, e.h, e.w}, strides[] = {e.h * e.w * e.c, 1, e.w * e.c, e.c};
  tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, cudnn_type(type));
  tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, std::span<const int64_t>(extents));
  tensor.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, std::span<const int64_t>(strides));
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, int64_t{tensors()});
  tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, int64_t{alignment});
  tensor.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, !stored);
  tensor.finalize();
}

void OperationGraph::add(Descriptor&& operation, Roles roles) {
  for (const auto& [name, number] : roles) operation.set(name, tensors_[number]);
  operation.finalize();
  operations_.push_back(std::move(operation));
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
  // In each of the three operations beta and the convolution come behind alpha.
  const auto behind = [&](int i) { return static_cast<cudnnBackendAttributeName_t>(alpha + i); };
  Descriptor operation(type);
  // Of the type that is calculated in: of a double it would take the first four bytes, which are 0.
  operation.set(alpha, CUDNN_TYPE_FLOAT, 1.0f);
  operation.set(behind(1), CUDNN_TYPE_FLOAT, 0.0f);
  operation.set(behind(2), conv);
  add(std::move(operation), roles);
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

void OperationGraph::add_pointwise(cudnnPointwiseMode_t mode, Roles roles) {
  Descriptor& pointwise = parts_.emplace_back(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  pointwise.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, mode);
  pointwise.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
  pointwise.finalize();
  Descriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, pointwise);
  add(std::move(operation), roles);
}

void OperationGraph::pointwise(cudnnPointwiseMode_t mode, int x, int b, int y) {
  add_pointwise(mode, {{CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x},
                       {CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b},
                       {CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y}});
}

void OperationGraph::relu(int x, int y) {
  add_pointwise(CUDNN_POINTWISE_RELU_FWD, {{CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x},
                                           {CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y}});
}

void OperationGraph::relu_backward(int dy, int x, int dx) {
  add_pointwise(CUDNN_POINTWISE_RELU_BWD, {{CUDNN_ATTR_OPERATION_POINTWISE_DYDESC, dy},
                                           {CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x},
                                           {CUDNN_ATTR_OPERATION_POINTWISE_DXDESC, dx}});
}

void OperationGraph::statistics(int x, int sum, int sum_of_squares) {
  Descriptor operation(CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_GENSTATS_MODE, CUDNN_TYPE_GENSTATS_MODE,
                CUDNN_GENSTATS_SUM_SQSUM);
  operation.set(CUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
  add(std::move(operation), {{CUDNN_ATTR_OPERATION_GENSTATS_XDESC, x},
                             {CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC, sum},
                             {CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC, sum_of_squares}});
}

void OperationGraph::norm_backward_sums(int dy, int x, int mean, int inverse_deviation, int gamma,
                                        int dgamma, int dbeta, const int (&coefficients)[3]) {
  Descriptor operation(CUDNN_BACKEND_OPERATION_BN_BWD_WEIGHTS_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_MATH_PREC, CUDNN_TYPE_DATA_TYPE,
                CUDNN_DATA_FLOAT);
  add(std::move(operation),
      {{CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DY_DESC, dy},
       {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_X_DESC, x},
       {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_MEAN_DESC, mean},
       {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_INVSTD_DESC, inverse_deviation},
       {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_BN_SCALE_DESC, gamma},
       {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_SCALE_DESC, dgamma},
       {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_BIAS_DESC, dbeta},
       {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_DY_SCALE_DESC, coefficients[0]},
       {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_X_SCALE_DESC, coefficients[1]},
       {CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_BIAS, coefficients[2]}});
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
