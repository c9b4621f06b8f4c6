import { test } from 'vitest';
import { expectTorch } from '../../../test/helpers/torch-vectors.ts';
import { hamming } from '../../audio/dsp/windows.ts';
import { np, type Traced } from '../../compiler/jax.ts';
import { type AttentionOptions, attention } from './attention.ts';
import { embedding } from './embedding.ts';
import { type GruResult, gru, lstm, type RecurrentParameters } from './recurrent.ts';
import { stftLayer } from './spectrum.ts';
import { type EncoderOptions, encoder } from './transformer.ts';

type Inputs = Record<string, Traced>;

/** Weights of a recurrent case by PyTorch's names. */
function cells(i: Inputs): RecurrentParameters<Traced> {
  const layers = 'weight_ih_l1' in i ? ['l0', 'l1'] : ['l0'];
  const directions = 'weight_ih_l0_reverse' in i ? ['', '_reverse'] : [''];
  return layers.map((layer) =>
    directions.map((direction) => ({
      weightIh: i[`weight_ih_${layer}${direction}`]!,
      weightHh: i[`weight_hh_${layer}${direction}`]!,
      biasIh: i[`bias_ih_${layer}${direction}`]!,
      biasHh: i[`bias_hh_${layer}${direction}`]!,
    })),
  );
}

test('embedding', async () => {
  await expectTorch('embedding', (i) => embedding({ weight: i.weight! }, i.ids!));
});

test.each(['gru', 'gru-two-ways'])('%s', async (name) => {
  await expectTorch(name, (i) => {
    const { y, hidden } = gru(cells(i), i.x!, { hidden: i.h! });
    return [y, hidden];
  });
});

test('GRU over examples of different lengths', async () => {
  await expectTorch('gru-lengths', (i) => {
    const lengths = np.array(Int32Array.of(4, 2), { dtype: np.int32 });
    const { y, hidden }: GruResult = gru(cells(i), i.x!, { lengths });
    return [y, hidden];
  });
});

test.each(['lstm', 'lstm-two-ways'])('%s', async (name) => {
  await expectTorch(name, (i) => {
    const { y, hidden, cell } = lstm(cells(i), i.x!, { hidden: i.h!, cell: i.c! });
    return [y, hidden, cell];
  });
});

function attended(i: Inputs, options: Partial<AttentionOptions>): Traced {
  const p = {
    input: { weight: i.in_weight!, bias: i.in_bias! },
    output: { weight: i.out_weight!, bias: i.out_bias! },
  };
  return attention(p, i.query!, { heads: 2, keys: i.key!, values: i.value!, ...options });
}

test('attention: other keys and values, masks, additive bias, causal', async () => {
  await expectTorch('attention', (i) => attended(i, {}));
  await expectTorch('attention-mask', (i) => {
    const seen = np.array(Int32Array.of(1, 0, 1, 1, 1, 0), { dtype: np.int32 });
    return attended(i, { mask: seen.reshape([2, 3]).greater(0) });
  });
  await expectTorch('attention-bias', (i) =>
    attended(i, { bias: np.array(Float32Array.of(0.5, -1, 0.25, 2, 0, -0.5)).reshape([2, 3]) }),
  );
  await expectTorch('attention-causal', (i) => attended(i, { causal: true }));
});

function encoded(i: Inputs, options: Partial<EncoderOptions>): Traced {
  const pair = (name: string) => ({ weight: i[`${name}_weight`]!, bias: i[`${name}_bias`]! });
  const p = {
    attention: {
      input: { weight: i.self_attn_in_proj_weight!, bias: i.self_attn_in_proj_bias! },
      output: pair('self_attn_out_proj'),
    },
    norm1: pair('norm1'),
    linear1: pair('linear1'),
    linear2: pair('linear2'),
    norm2: pair('norm2'),
  };
  return encoder(p, i.x!, { heads: 2, ...options });
}

test('encoder block, normalised after and before', async () => {
  await expectTorch('encoder-post', (i) => encoded(i, { order: 'post', activation: 'relu' }));
  await expectTorch('encoder-pre', (i) => encoded(i, { order: 'pre' }));
});

test('short-time Fourier transform, its window shorter than the transform', async () => {
  await expectTorch('stft', (i) => {
    const window = hamming(12, { periodic: true });
    const { re, im } = stftLayer(i.x!, { fftSize: 16, hop: 5, window });
    return [re, im];
  });
});
