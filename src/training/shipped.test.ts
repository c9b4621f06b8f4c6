import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { packageUrl } from '../core/node/modules.ts';
import { unpackAcousticLogistic } from '../models/acoustic-logistic/index.ts';
import { unpackLfccGmm } from '../models/lfcc-gmm/index.ts';
import { cardSchema } from '../models/types.ts';
import { exportAcousticLogistic, exportLfccGmm } from './export-onnx.ts';

/** Weights, ONNX and both cards are four files of one training: none may be left behind. */
test.each<[string, ((model: unknown) => Uint8Array) | null]>([
  ['lfcc-gmm', (model: unknown) => exportLfccGmm(unpackLfccGmm(model, 'model.json'))],
  [
    'acoustic-logistic',
    (model: unknown) => exportAcousticLogistic(unpackAcousticLogistic(model, 'model.json')),
  ],
  // Of a network the ONNX are the weights.
  ['lcnn', null],
])('the shipped files of %s belong together', async (name, toOnnx) => {
  const read = (file: string) => readFile(packageUrl(`models/${name}/${file}`));
  const model = JSON.parse((await read('model.json')).toString('utf8'));
  if (toOnnx !== null)
    expect(Buffer.from(toOnnx(model)).equals(await read('model.onnx'))).toBe(true);
  const card = cardSchema.parse(JSON.parse((await read('card.json')).toString('utf8')));
  const page = (await read('card.md')).toString('utf8');
  for (const { threshold } of card.operatingPoints)
    expect(page).toContain(`score ≥ ${threshold.toFixed(4)} `);
  for (const limit of card.limits) expect(page).toContain(`- ${limit}`);
});
