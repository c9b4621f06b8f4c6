/**
 * Types of a package that ships none: the exports of rnnoise.h as its WebAssembly module names them.
 * @module
 */

declare module '@echogarden/rnnoise-wasm' {
  export interface Rnnoise {
    readonly HEAPF32: Float32Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _rnnoise_get_frame_size(): number;
    _rnnoise_create(model: number): number;
    _rnnoise_destroy(state: number): void;
    _rnnoise_process_frame(state: number, out: number, input: number): number;
  }
  const load: () => Promise<Rnnoise>;

  // biome-ignore lint/style/noDefaultExport: the package exports its loader so.
  export default load;
}
