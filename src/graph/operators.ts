/**
 * The operators that the checker knows: those of opset 21 that onnxruntime runs, BitCast of opset 26, and
 * its own.
 * @module
 */

import type { AttributeKind } from './read.ts';

/** Least and most; infinite where there is no bound. */
export type Range = readonly [least: number, most: number];

/** What a node of an operator looks like. */
export interface OperatorSpec {
  readonly inputs: Range;
  readonly outputs: Range;
  readonly attributes: ReadonlyMap<string, AttributeKind>;
  /** Attributes that have to be there. */
  readonly required: readonly string[];
}

/**
 * One operator a line: name (with its domain), number of inputs, number of outputs, attributes with their
 * kinds, `!` for those that have to be there. A test holds each line against onnxruntime's own schemas.
 */
const TABLE = `
Abs 1 1
Acos 1 1
Acosh 1 1
Add 2 1
And 2 1
ArgMax 1 1 axis:int keepdims:int select_last_index:int
ArgMin 1 1 axis:int keepdims:int select_last_index:int
Asin 1 1
Asinh 1 1
Atan 1 1
Atanh 1 1
AveragePool 1 1 auto_pad:string ceil_mode:int count_include_pad:int dilations:ints kernel_shape:ints! pads:ints strides:ints
BatchNormalization 5 1-3 epsilon:float momentum:float training_mode:int
Bernoulli 1 1 dtype:int seed:float
BitCast 1 1 to:int!
BitShift 2 1 direction:string!
BitwiseAnd 2 1
BitwiseNot 1 1
BitwiseOr 2 1
BitwiseXor 2 1
BlackmanWindow 1 1 output_datatype:int periodic:int
Cast 1 1 saturate:int to:int!
CastLike 2 1 saturate:int
Ceil 1 1
Celu 1 1 alpha:float
CenterCropPad 2 1 axes:ints
Clip 1-3 1
Col2Im 3 1 dilations:ints pads:ints strides:ints
Compress 2 1 axis:int
Concat 1-* 1 axis:int!
Constant 0 1 sparse_value:other value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings
ConstantOfShape 1 1 value:tensor
Conv 2-3 1 auto_pad:string dilations:ints group:int kernel_shape:ints pads:ints strides:ints
ConvInteger 2-4 1 auto_pad:string dilations:ints group:int kernel_shape:ints pads:ints strides:ints
ConvTranspose 2-3 1 auto_pad:string dilations:ints group:int kernel_shape:ints output_padding:ints output_shape:ints pads:ints strides:ints
Cos 1 1
Cosh 1 1
CumSum 2 1 exclusive:int reverse:int
DFT 1-3 1 inverse:int onesided:int
DepthToSpace 1 1 blocksize:int! mode:string
DequantizeLinear 2-3 1 axis:int block_size:int
Det 1 1
Div 2 1
Dropout 1-3 1-2 seed:int
DynamicQuantizeLinear 1 3
Einsum 1-* 1 equation:string!
Elu 1 1 alpha:float
Equal 2 1
Erf 1 1
Exp 1 1
Expand 2 1
EyeLike 1 1 dtype:int k:int
Flatten 1 1 axis:int
Floor 1 1
GRU 3-6 0-2 activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string hidden_size:int layout:int linear_before_reset:int
Gather 2 1 axis:int
GatherElements 2 1 axis:int
GatherND 2 1 batch_dims:int
Gelu 1 1 approximate:string
Gemm 2-3 1 alpha:float beta:float transA:int transB:int
GlobalAveragePool 1 1
GlobalLpPool 1 1 p:int
GlobalMaxPool 1 1
Greater 2 1
GreaterOrEqual 2 1
GridSample 2 1 align_corners:int mode:string padding_mode:string
GroupNormalization 3 1 epsilon:float num_groups:int! stash_type:int
HammingWindow 1 1 output_datatype:int periodic:int
HannWindow 1 1 output_datatype:int periodic:int
HardSigmoid 1 1 alpha:float beta:float
HardSwish 1 1
Hardmax 1 1 axis:int
Identity 1 1
If 1 1-* else_branch:graph! then_branch:graph!
InstanceNormalization 3 1 epsilon:float
IsInf 1 1 detect_negative:int detect_positive:int
IsNaN 1 1
LRN 1 1 alpha:float beta:float bias:float size:int!
LSTM 3-8 0-3 activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string hidden_size:int input_forget:int layout:int
LayerNormalization 2-3 1-3 axis:int epsilon:float stash_type:int
LeakyRelu 1 1 alpha:float
Less 2 1
LessOrEqual 2 1
Log 1 1
LogSoftmax 1 1 axis:int
Loop 2-* 1-* body:graph!
LpNormalization 1 1 axis:int p:int
LpPool 1 1 auto_pad:string ceil_mode:int dilations:ints kernel_shape:ints! p:int pads:ints strides:ints
MatMul 2 1
MatMulInteger 2-4 1
Max 1-* 1
MaxPool 1 1-2 auto_pad:string ceil_mode:int dilations:ints kernel_shape:ints! pads:ints storage_order:int strides:ints
MaxUnpool 2-3 1 kernel_shape:ints! pads:ints strides:ints
Mean 1-* 1
MeanVarianceNormalization 1 1 axes:ints
MelWeightMatrix 5 1 output_datatype:int
Min 1-* 1
Mish 1 1
Mod 2 1 fmod:int
Mul 2 1
Multinomial 1 1 dtype:int sample_size:int seed:float
Neg 1 1
NegativeLogLikelihoodLoss 2-3 1 ignore_index:int reduction:string
NonZero 1 1
Not 1 1
OneHot 3 1 axis:int
Or 2 1
PRelu 2 1
Pad 2-4 1 mode:string
Pow 2 1
QLinearConv 8-9 1 auto_pad:string dilations:ints group:int kernel_shape:ints pads:ints strides:ints
QLinearMatMul 8 1
QuantizeLinear 2-3 1 axis:int block_size:int output_dtype:int saturate:int
RNN 3-6 0-2 activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string hidden_size:int layout:int
RandomNormal 0 1 dtype:int mean:float scale:float seed:float shape:ints!
RandomNormalLike 1 1 dtype:int mean:float scale:float seed:float
RandomUniform 0 1 dtype:int high:float low:float seed:float shape:ints!
RandomUniformLike 1 1 dtype:int high:float low:float seed:float
Range 3 1
Reciprocal 1 1
ReduceL1 1-2 1 keepdims:int noop_with_empty_axes:int
ReduceL2 1-2 1 keepdims:int noop_with_empty_axes:int
ReduceLogSum 1-2 1 keepdims:int noop_with_empty_axes:int
ReduceLogSumExp 1-2 1 keepdims:int noop_with_empty_axes:int
ReduceMax 1-2 1 keepdims:int noop_with_empty_axes:int
ReduceMean 1-2 1 keepdims:int noop_with_empty_axes:int
ReduceMin 1-2 1 keepdims:int noop_with_empty_axes:int
ReduceProd 1-2 1 keepdims:int noop_with_empty_axes:int
ReduceSum 1-2 1 keepdims:int noop_with_empty_axes:int
ReduceSumSquare 1-2 1 keepdims:int noop_with_empty_axes:int
Relu 1 1
Reshape 2 1 allowzero:int
Resize 1-4 1 antialias:int axes:ints coordinate_transformation_mode:string cubic_coeff_a:float exclude_outside:int extrapolation_value:float keep_aspect_ratio_policy:string mode:string nearest_mode:string
ReverseSequence 2 1 batch_axis:int time_axis:int
Round 1 1
STFT 2-4 1 onesided:int
Scan 1-* 1-* body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints
ScatterElements 3 1 axis:int reduction:string
ScatterND 3 1 reduction:string
Selu 1 1 alpha:float gamma:float
Shape 1 1 end:int start:int
Shrink 1 1 bias:float lambd:float
Sigmoid 1 1
Sign 1 1
Sin 1 1
Sinh 1 1
Size 1 1
Slice 3-5 1
Softmax 1 1 axis:int
SoftmaxCrossEntropyLoss 2-3 1-2 ignore_index:int reduction:string
Softplus 1 1
Softsign 1 1
SpaceToDepth 1 1 blocksize:int!
Split 1-2 1-* axis:int num_outputs:int
Sqrt 1 1
Squeeze 1-2 1
Sub 2 1
Sum 1-* 1
Tan 1 1
Tanh 1 1
ThresholdedRelu 1 1 alpha:float
Tile 2 1
TopK 2 2 axis:int largest:int sorted:int
Transpose 1 1 perm:ints
Trilu 1-2 1 upper:int
Unique 1 1-4 axis:int sorted:int
Unsqueeze 2 1
Where 3 1
Xor 2 1
SimplifiedLayerNormalization 2 1-2 axis:int epsilon:float stash_type:int
com.microsoft.Attention 2-7 1-2 do_rotary:int mask_filter_value:float num_heads:int! past_present_share_buffer:int qkv_hidden_sizes:ints rotary_embedding_dim:int scale:float unidirectional:int
com.microsoft.BiasGelu 2 1
com.microsoft.BiasSoftmax 2 1 axis:int is_inner_broadcast:int!
com.microsoft.DynamicQuantizeMatMul 3-5 1
com.microsoft.FastGelu 1-2 1
com.microsoft.FusedConv 2-4 1 activation:string activation_params:floats auto_pad:string dilations:ints group:int kernel_shape:ints pads:ints strides:ints
com.microsoft.FusedGemm 2-3 1 activation:string activation_alpha:float activation_beta:float activation_gamma:float alpha:float beta:float transA:int transB:int
com.microsoft.FusedMatMul 2 1 alpha:float transA:int transB:int transBatchA:int transBatchB:int
com.microsoft.FusedMatMulActivation 2 1 activation:string! activation_alpha:float activation_axis:int activation_beta:float activation_gamma:float alpha:float transA:int transB:int transBatchA:int transBatchB:int
com.microsoft.Gelu 1 1
com.microsoft.GroupQueryAttention 7-16 1-4 do_rotary:int kv_num_heads:int! local_window_size:int num_heads:int! rotary_interleaved:int scale:float smooth_softmax:int softcap:float
com.microsoft.Inverse 1 1
com.microsoft.IsAllFinite 1-* 1 isinf_only:int isnan_only:int
com.microsoft.MatMulIntegerToFloat 4-7 1
com.microsoft.MatMulNBits 3-6 1 K:int! N:int! accuracy_level:int bits:int block_size:int!
com.microsoft.MultiHeadAttention 1-10 1-4 mask_filter_value:float num_heads:int! scale:float unidirectional:int
com.microsoft.QuickGelu 1 1 alpha:float
com.microsoft.SkipLayerNormalization 3-5 1-4 epsilon:float
com.microsoft.SkipSimplifiedLayerNormalization 3-4 1-4 epsilon:float
com.microsoft.Trilu 1-2 1 upper:int
com.microsoft.TransposeMatMul 2 1 alpha:float transA:int transB:int
`;

/** Every operator by name; those of onnxruntime begin with `com.microsoft.`. */
export const OPERATORS: ReadonlyMap<string, OperatorSpec> = new Map(
  TABLE.trim().split('\n').map(parseLine),
);

function parseLine(line: string): [string, OperatorSpec] {
  const [name, inputs, outputs, ...rest] = line.split(' ');
  const attributes = new Map<string, AttributeKind>();
  const required: string[] = [];
  for (const part of rest) {
    const [attribute, kind] = part.replace('!', '').split(':');
    // The test against onnxruntime would not know a kind that is misspelt.
    attributes.set(attribute!, kind as AttributeKind);
    if (part.endsWith('!')) required.push(attribute!);
  }
  return [
    name!,
    { inputs: parseRange(inputs!), outputs: parseRange(outputs!), attributes, required },
  ];
}

function parseRange(text: string): Range {
  const [least, most = least] = text.split('-');
  return [Number(least), most === '*' ? Number.POSITIVE_INFINITY : Number(most)];
}
