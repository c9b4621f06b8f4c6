/**
 * WebAssembly kernels, compiled once: the same in Node and in browsers.
 * @module
 */

const compiled = new Map<string, WebAssembly.Module>();

/**
 * An instance of a kernel on a memory of its own.
 * @param bytes the module, base64; a test holds it to its AssemblyScript source, whose exports `K` lists
 */
export function instantiateKernel<K>(bytes: string, memory: WebAssembly.Memory): K {
  const known =
    compiled.get(bytes) ??
    new WebAssembly.Module(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)));
  compiled.set(bytes, known);
  return new WebAssembly.Instance(known, { env: { memory } }).exports as unknown as K;
}
