import { test } from 'vitest';
import { expectTorch } from '../../../test/helpers/torch-vectors.ts';
import { np, type Traced } from '../../compiler/jax.ts';
import type { DenseParameters } from './dense.ts';
import { graphAttention, graphPool, stackingAttention } from './graph-attention.ts';
import { sincConv } from './sinc-conv.ts';
import { squeezeExcite } from './squeeze-excite.ts';
import { statisticsPool } from './statistics-pool.ts';
import { quantise } from './vector-quantiser.ts';

type Inputs = Record<string, Traced>;

function pair(i: Inputs, name: string): Required<DenseParameters<Traced>> {
  return { weight: i[`${name}_weight`]!, bias: i[`${name}_bias`]! };
}

function fresh(channels: number): { mean: Traced; variance: Traced } {
  return { mean: np.zeros([channels]), variance: np.ones([channels]) };
}

test('graph attention over one kind of nodes and over two with a master', async () => {
  await expectTorch('graph-attention', (i) => {
    const p = {
      attention: pair(i, 'attention'),
      attentionWeight: i.vector!,
      attended: pair(i, 'attended'),
      own: pair(i, 'own'),
      norm: pair(i, 'norm'),
    };
    return graphAttention(p, fresh(3), i.x!, { train: true, temperature: 2 })[0];
  });
  await expectTorch('stacking-attention', (i) => {
    const p = {
      first: pair(i, 'first'),
      second: pair(i, 'second'),
      attention: pair(i, 'attention'),
      attentionWeight: i.vectors!,
      masterAttention: pair(i, 'masterAttention'),
      masterAttentionWeight: i.master_vector!,
      attended: pair(i, 'attended'),
      own: pair(i, 'own'),
      masterAttended: pair(i, 'masterAttended'),
      masterOwn: pair(i, 'masterOwn'),
      norm: pair(i, 'norm'),
    };
    const options = { train: true, temperature: 3, master: i.master! };
    const [{ first, second, master }] = stackingAttention(p, fresh(2), i.x!, i.y!, options);
    return [first, second, master];
  });
});

test('graph pooling', async () => {
  await expectTorch('graph-pool', (i) =>
    graphPool({ score: { weight: i.weight!, bias: i.bias! } }, i.x!, { ratio: 0.5 }),
  );
});

test('squeeze-excite and attentive statistics', async () => {
  await expectTorch('squeeze-excite', (i) =>
    squeezeExcite({ squeeze: pair(i, 'squeeze'), excite: pair(i, 'excite') }, i.x!),
  );
  await expectTorch('statistics-pool', (i) =>
    statisticsPool({ hidden: pair(i, 'hidden'), score: pair(i, 'score') }, i.x!),
  );
});

test('sinc filters', async () => {
  await expectTorch('sinc-conv', (i) =>
    sincConv({ low: i.low!, band: i.band! }, i.x!, { taps: 9, sampleRate: 1000, stride: 2 }),
  );
});

test('vector quantisation', async () => {
  await expectTorch('quantise', (i) => {
    const { y, commitment, codebook } = quantise({ codes: i.codes! }, i.x!);
    return [y, commitment, codebook];
  });
});
