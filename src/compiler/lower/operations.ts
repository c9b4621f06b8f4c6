/**
 * How each operation is lowered, in words: docs/reference/operations.md is made from this table, which is
 * total like that of the rules.
 * @module
 */

import type { Primitive } from '../program.ts';

/** A line of the reference. */
export interface OperationEntry {
  /** What it computes. */
  readonly what: string;
  /** What becomes of it in the graph. */
  readonly lowered: string;
  /** Element types that it is tried with. */
  readonly types: string;
  /** Where it differs from jax-js or refuses; empty where it does neither. */
  readonly limits: string;
}

/** Every operation. */
export const OPERATIONS: { readonly [P in Primitive]: OperationEntry } = {
  add: { what: 'a + b', lowered: 'Add; Or of booleans', types: 'all', limits: '' },
  mul: { what: 'a · b', lowered: 'Mul; And of booleans', types: 'all', limits: '' },
  idiv: {
    what: 'quotient cut towards 0',
    lowered: 'Div; of floats the sign and Floor of the size',
    types: 'floats, integers',
    limits: 'division of integers by 0 is not defined',
  },
  mod: {
    what: 'rest with the sign of the dividend',
    lowered: 'Mod',
    types: 'floats, integers',
    limits: 'of floats exact, where jax-js rounds the quotient first',
  },
  min: { what: 'the smaller', lowered: 'Min; And of booleans', types: 'all', limits: '' },
  max: {
    what: 'the larger',
    lowered: 'Max; Relu where the other is 0; Or of booleans',
    types: 'all',
    limits: '',
  },
  bit_combine: {
    what: 'and, or, xor of bits',
    lowered: 'BitwiseAnd, BitwiseOr, BitwiseXor; And, Or, Xor of booleans',
    types: 'integers, bool',
    limits: '',
  },
  bit_shift: {
    what: 'bits shifted, zeros from both sides also for int32; the last 5 bits of the amount count',
    lowered: 'BitShift of unsigned words',
    types: 'integers',
    limits: '',
  },
  bit_count: {
    what: 'number of bits that are set',
    lowered: 'sums of 1, 2, 4 bits side by side',
    types: 'integers',
    limits: '',
  },
  neg: { what: '−a', lowered: 'Neg', types: 'floats, integers', limits: '' },
  reciprocal: { what: '1 / a', lowered: 'Reciprocal', types: 'floats', limits: '' },
  floor: { what: 'rounded down', lowered: 'Floor', types: 'floats', limits: '' },
  ceil: { what: 'rounded up', lowered: 'Ceil', types: 'floats', limits: '' },
  stop_gradient: { what: 'a, without derivative', lowered: 'nothing', types: 'all', limits: '' },
  cast: {
    what: 'another element type',
    lowered: 'Cast; nothing between int32 and uint32; comparison with 0 to bool',
    types: 'all',
    limits:
      'floats beyond the range of an integer type are not defined, where jax-js saturates; jax-js has no gradient between float types',
  },
  bitcast: {
    what: 'the same bits as another type',
    lowered:
      'nothing between int32 and uint32; else BitCast, which makes the model one of opset 26',
    types: 'float32, integers',
    limits: 'onnxruntime 1.30 or later',
  },
  sin: {
    what: 'sine',
    lowered: 'Sin',
    types: 'floats',
    limits: 'exact of large numbers too, where jax-js turns in single precision',
  },
  cos: {
    what: 'cosine',
    lowered: 'Cos',
    types: 'floats',
    limits: 'exact of large numbers too, where jax-js turns in single precision',
  },
  asin: {
    what: 'arc sine',
    lowered: 'Asin',
    types: 'floats',
    limits: 'float64 in single precision',
  },
  atan: {
    what: 'arc tangent',
    lowered: 'Atan',
    types: 'floats',
    limits: 'float64 in single precision',
  },
  exp: { what: 'e^a', lowered: 'Exp', types: 'floats', limits: '' },
  log: { what: 'natural logarithm', lowered: 'Log', types: 'floats', limits: '' },
  erf: {
    what: 'error function',
    lowered: 'Erf',
    types: 'floats',
    limits: 'float64 in single precision',
  },
  erfc: {
    what: '1 − erf, with its tail',
    lowered: 'exp(−a²) times a polynomial, fractional error below 1.2e-7',
    types: 'floats',
    limits: 'float64 in single precision',
  },
  sqrt: { what: 'square root', lowered: 'Sqrt', types: 'floats', limits: '' },
  reduce: {
    what: 'sum, product, least, largest over axes',
    lowered:
      'ReduceSum, ReduceProd, ReduceMin, ReduceMax in the layout of the operand; an axis that is only broadcast becomes a factor or a power; integers by halves, so that they wrap around',
    types: 'all',
    limits: 'least and largest pass over NaN',
  },
  dot: {
    what: 'sum of products over the last axis',
    lowered:
      'MatMul or FusedMatMul of the stored arrays; Mul and ReduceSum where nothing is a matrix',
    types: 'all',
    limits: '',
  },
  conv: {
    what: 'convolution with strides, padding of either sign, both dilations, groups',
    lowered: 'Conv; windows and MatMul for types other than float32',
    types: 'all',
    limits: '',
  },
  pool: {
    what: 'sliding windows',
    lowered: 'a view where windows do not overlap; else Gather in the largest common pieces',
    types: 'all',
    limits: '',
  },
  pool_transpose: {
    what: 'windows added up in place',
    lowered: 'a view and Pad; where windows overlap one ReduceSum of shifted rows',
    types: 'all',
    limits: '',
  },
  compare: {
    what: '<, ≤, =, ≠',
    lowered: 'Less, LessOrEqual, Equal, Not',
    types: 'all',
    limits: '',
  },
  where: {
    what: 'one or the other',
    lowered: 'Where; And and Or of booleans',
    types: 'all',
    limits: '',
  },
  concatenate: { what: 'one after the other', lowered: 'Concat', types: 'all', limits: '' },
  split: { what: 'parts along an axis', lowered: 'Split', types: 'all', limits: '' },
  random_bits: {
    what: 'Threefry-2×32 of two keys and a counter',
    lowered: '20 rounds of Add, BitShift, BitwiseOr, BitwiseXor: the bits of jax-js',
    types: 'uint32',
    limits: '',
  },
  gather: {
    what: 'elements at indices',
    lowered: 'Gather; several indices as one flattened index',
    types: 'all',
    limits:
      'an index out of range reads element 0 of the indexed axes; what jax-js reads is not defined',
  },
  transpose: { what: 'axes permuted', lowered: 'a view', types: 'all', limits: '' },
  broadcast: { what: 'axes added and stretched', lowered: 'a view', types: 'all', limits: '' },
  reshape: {
    what: 'another shape',
    lowered: 'a view; Transpose where strides do not allow it',
    types: 'all',
    limits: '',
  },
  flip: { what: 'axes reversed', lowered: 'Slice', types: 'all', limits: '' },
  shrink: { what: 'a part', lowered: 'Slice', types: 'all', limits: '' },
  pad: { what: 'zeros around', lowered: 'Pad', types: 'all', limits: '' },
  sort: {
    what: 'ascending along the last axis, NaN last',
    lowered: 'TopK of keys, GatherElements',
    types: 'all',
    limits: '',
  },
  argsort: {
    what: 'sorted values and the indices that sort, stable, NaN last',
    lowered: 'TopK of keys, GatherElements',
    types: 'all',
    limits: '',
  },
  scatter: {
    what: 'updates added or written into zeros',
    lowered: 'ScatterND; of updates that overwrite each other the last is found by its number',
    types: 'all',
    limits: '',
  },
  triangular_solve: {
    what: 'A Xᵀ = Bᵀ with A upper triangular',
    lowered: 'a Loop over unknowns',
    types: 'floats',
    limits: '',
  },
  cholesky: { what: 'A = L Lᵀ', lowered: 'a Loop over columns', types: 'floats', limits: '' },
  lu: {
    what: 'L, U, exchanges and order of rows',
    lowered: 'a Loop over columns',
    types: 'floats',
    limits: '',
  },
  jacobi_eigh: {
    what: 'eigenvalues and eigenvectors by Jacobi rotations',
    lowered: 'a Loop over sweeps around a Loop over rotations',
    types: 'floats',
    limits:
      'half the square of the size of a matrix in steps a sweep: for small matrices; jax-js has no gradient of it',
  },
  fft: {
    what: 'Fourier transform of real and imaginary parts',
    lowered: 'MatMul up to 64 points; Cooley–Tukey above; Bluestein for primes above 256',
    types: 'floats',
    limits: 'float32: error about 1e-6 of the root mean square, 1e-5 for large primes',
  },
  sub: { what: 'a − b', lowered: 'Sub', types: 'floats, integers', limits: 'made by passes' },
  div: { what: 'a / b', lowered: 'Div', types: 'floats', limits: 'made by passes' },
  conv_transpose: {
    what: 'gradient of a strided convolution with respect to its input',
    lowered: 'ConvTranspose with the weights themselves',
    types: 'float32',
    limits: 'made by passes',
  },
  conv_weight_gradient: {
    what: 'gradient of a convolution with respect to its weights',
    lowered: 'columns by a Conv with one-hot kernels, FusedMatMul, ReduceSum',
    types: 'float32',
    limits: 'made by passes',
  },
  conv_bias: {
    what: 'convolution and bias',
    lowered: 'Conv with bias, or columns and MatMul where the gradient needs the columns',
    types: 'float32',
    limits: 'made by passes',
  },
  dot_bias: {
    what: 'sum of products over the last axis and a bias along it',
    lowered: 'Gemm where one side has all rows and the other the last axis; else as dot, then Add',
    types: 'float32',
    limits: 'made by passes',
  },
  max_pool: {
    what: 'maximum of each window of up to three trailing axes',
    lowered: 'MaxPool',
    types: 'float32',
    limits: 'made by passes',
  },
  max_pool_gradient: {
    what: 'cotangent at the first maximum of each window',
    lowered: 'MaxPool for the places, MaxUnpool',
    types: 'float32',
    limits: 'made by passes where windows do not overlap; jax-js shares it among equal maxima',
  },
  cumulative_sum: {
    what: 'running sums along the last axis, and their gradients',
    lowered: 'CumSum',
    types: 'float32, float64',
    limits: 'made by passes; jax-js traces it as a sum under a mask, in blocks of 256',
  },
  softmax: {
    what: 'exp(x − max) / sum over one axis',
    lowered: 'Softmax',
    types: 'floats',
    limits: 'made by passes',
  },
  normalise: {
    what: '(x − mean) / deviation over the last axis, and 1 / deviation',
    lowered: 'LayerNormalization',
    types: 'float32',
    limits: 'made by passes',
  },
  sigmoid: {
    what: '1 / (1 + e^−x)',
    lowered: 'Sigmoid',
    types: 'floats',
    limits: 'made by passes',
  },
  tanh: { what: 'hyperbolic tangent', lowered: 'Tanh', types: 'floats', limits: 'made by passes' },
};
