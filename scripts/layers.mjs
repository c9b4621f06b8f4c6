/**
 * Who may import whom (docs/guide/design.md): rooms of src/, and the one room of each heavy package.
 */

/** Rooms a room may import, besides core and itself. */
export const LAYERS = {
  core: [],
  archives: [],
  audio: ['archives'],
  graph: [],
  compiler: ['graph'],
  runtime: ['graph'],
  metrics: [],
  report: ['metrics'],
  store: [],
  corruptions: ['audio'],
  datasets: ['archives', 'audio'],
  corpora: ['archives', 'audio'],
  models: ['audio', 'compiler', 'graph', 'runtime'],
  training: [
    'models',
    'compiler',
    'runtime',
    'graph',
    'datasets',
    'corruptions',
    'metrics',
    'audio',
    'report',
  ],
  verdict: ['models', 'metrics', 'audio'],
  bench: ['archives', 'datasets', 'models', 'corruptions', 'metrics', 'store', 'audio', 'report'],
  benchmarks: [
    'archives',
    'audio',
    'bench',
    'corruptions',
    'datasets',
    'metrics',
    'models',
    'report',
    'store',
    'training',
  ],
  public: '*',
  cli: '*',
};

/** Rooms that nothing below may import. */
export const TOPS = ['cli', 'public'];

/** Type contracts that any room may import by `import type`. */
export const SHARED_TYPES = ['src/store/trial.ts', 'src/datasets/clip.ts', 'src/metrics/types.ts'];

/** Native or heavy packages, each behind its folder. */
export const PACKAGE_HOMES = {
  'node-av': 'src/audio/io/',
  '@wasm-audio-decoders/opus-ml': 'src/audio/io/',
  '@echogarden/rnnoise-wasm': 'src/audio/io/',
  'onnxruntime-node': 'src/runtime/',
  'onnxruntime-web': 'src/runtime/',
  '@jax-js/jax': 'src/compiler/',
  'onnx-buf': 'src/graph/',
  '@bufbuild/protobuf': 'src/graph/',
  yauzl: 'src/archives/',
  hyparquet: ['src/store/', 'src/archives/'],
  'hyparquet-compressors': ['src/store/', 'src/archives/'],
  'hyparquet-writer': 'src/store/',
  koffi: 'src/corpora/',
  commander: 'src/cli/',
  '@observablehq/plot': 'src/report/',
  linkedom: 'src/report/',
  yaml: 'src/core/',
  sucrase: 'src/training/',
  '@noble/hashes': 'src/core/',
};
