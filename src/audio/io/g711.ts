/**
 * ITU-T G.711 companding: tables from code to sample.
 * @module
 */

/** The two laws of G.711. */
export type G711Law = 'a-law' | 'mu-law';

/** Sample in [-1, 1) of each of the 256 codes, by law (G.711 tables 1a–2b, scaled to 16 bits). */
export const G711_TABLES: Readonly<Record<G711Law, Float32Array>> = {
  'a-law': Float32Array.from({ length: 256 }, (_, code) => decodeA(code) / 32768),
  'mu-law': Float32Array.from({ length: 256 }, (_, code) => decodeMu(code) / 32768),
};

function decodeA(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
}

function decodeMu(code: number): number {
  const bits = ~code & 0xff;
  const exponent = (bits >> 4) & 7;
  const magnitude = ((((bits & 15) << 3) + 132) << exponent) - 132;
  return (bits & 0x80) === 0 ? magnitude : 0 - magnitude;
}
