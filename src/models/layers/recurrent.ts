/**
 * GRU and LSTM, one or both directions, any depth. Gate order and formulas are PyTorch's. The projection of
 * the input is one product for all steps; the recurrence is unrolled.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { np, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { sigmoid, tanh } from './activations.ts';
import { dense } from './dense.ts';
import { type Initialiser, torchUniform } from './init.ts';
import { expectShape, settingError } from './shapes.ts';

/** Weights of one direction of one layer; `gates` is 3 for GRU (r, z, n), 4 for LSTM (i, f, g, o). */
export interface RecurrentCell<A> {
  /** `[gates · hidden, inputs]` */
  readonly weightIh: A;
  /** `[gates · hidden, hidden]` */
  readonly weightHh: A;
  /** `[gates · hidden]` */
  readonly biasIh: A;
  /** `[gates · hidden]` */
  readonly biasHh: A;
}

/** Layers from the input up, each with one direction or two: forward, then backward. */
export type RecurrentParameters<A> = readonly (readonly RecurrentCell<A>[])[];

/** Sizes of a recurrent network. */
export interface RecurrentInit {
  /** Channels in. */
  readonly inputs: number;
  /** Size of the state of a direction. */
  readonly hidden: number;
  /** @default 1 */
  readonly layers?: number;
  /** @default false */
  readonly bidirectional?: boolean;
  /** Of the recurrent weights. @default PyTorch's, uniform within 1/√hidden, as all others */
  readonly init?: Initialiser;
}

/** How a recurrent network runs. */
export interface RecurrentOptions {
  /** Hidden state before the first step, `[layers · directions, batch, hidden]`. @default zeros */
  readonly hidden?: Traced;
  /** Steps of each example, int32 `[batch]`: later outputs are 0, states stay. @default all */
  readonly lengths?: Traced;
}

/** What a GRU gives. */
export interface GruResult {
  /** `[batch, time, directions · hidden]` */
  readonly y: Traced;
  /** State after the last step, `[layers · directions, batch, hidden]`. */
  readonly hidden: Traced;
}

/** What an LSTM gives. */
export interface LstmResult extends GruResult {
  /** Like `hidden`. */
  readonly cell: Traced;
}

/** Fresh parameters of {@link gru}. */
export function initGru(rng: Rng, options: RecurrentInit): RecurrentParameters<HostArray> {
  return initRecurrent(rng, options, 3);
}

/** Fresh parameters of {@link lstm}. */
export function initLstm(rng: Rng, options: RecurrentInit): RecurrentParameters<HostArray> {
  return initRecurrent(rng, options, 4);
}

function initRecurrent(
  rng: Rng,
  { inputs, hidden, layers = 1, bidirectional = false, init = torchUniform(hidden) }: RecurrentInit,
  gates: number,
): RecurrentParameters<HostArray> {
  const usual = torchUniform(hidden);
  const directions = bidirectional ? ['forward', 'backward'] : ['forward'];
  return Array.from({ length: layers }, (_, layer) =>
    directions.map((direction) => {
      const own = rng.split(layer).split(direction);
      const width = layer === 0 ? inputs : directions.length * hidden;
      return {
        weightIh: usual(own.split('weightIh'), [gates * hidden, width]),
        weightHh: init(own.split('weightHh'), [gates * hidden, hidden]),
        biasIh: usual(own.split('biasIh'), [gates * hidden]),
        biasHh: usual(own.split('biasHh'), [gates * hidden]),
      };
    }),
  );
}

/**
 * Gated recurrent units (Cho et al. 2014, arXiv 1406.1078):
 * r, z = σ(W x + b + U h + c), n = tanh(W x + b + r (U h + c)), h′ = (1 − z) n + z h.
 * @param x `[batch, time, inputs]`
 */
export function gru(
  p: RecurrentParameters<Traced>,
  x: Traced,
  options: RecurrentOptions = {},
): GruResult {
  const { y, states } = recurrent(
    'gru',
    p,
    x,
    3,
    { ...options, states: [options.hidden] },
    gruCell,
  );
  return { y, hidden: states[0]! };
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gate): i, f, o = σ(·), g = tanh(·),
 * c′ = f c + i g, h′ = o tanh(c′).
 * @param x `[batch, time, inputs]`
 */
export function lstm(
  p: RecurrentParameters<Traced>,
  x: Traced,
  options: RecurrentOptions & {
    /** Like `hidden`. @default zeros */
    readonly cell?: Traced;
  } = {},
): LstmResult {
  const initial = { ...options, states: [options.hidden, options.cell] };
  const { y, states } = recurrent('lstm', p, x, 4, initial, lstmCell);
  return { y, hidden: states[0]!, cell: states[1]! };
}

/** One step: the projected input `[batch, gates · hidden]` and the states, of which the first is put out. */
type Step = (p: RecurrentCell<Traced>, projected: Traced, states: readonly Traced[]) => Traced[];

function gruCell(p: RecurrentCell<Traced>, projected: Traced, [h]: readonly Traced[]): Traced[] {
  const size = h!.shape[1]!;
  const recurrence = dense({ weight: p.weightHh, bias: p.biasHh }, h!);
  const [gatesX, newX] = np.split(projected, [2 * size], 1);
  const [gatesH, newH] = np.split(recurrence, [2 * size], 1);
  const [r, z] = np.split(sigmoid(gatesX!.add(gatesH!)), 2, 1);
  const n = tanh(newX!.add(r!.mul(newH!)));
  return [n.add(z!.mul(h!.sub(n)))];
}

function lstmCell(
  p: RecurrentCell<Traced>,
  projected: Traced,
  [h, c]: readonly Traced[],
): Traced[] {
  const size = h!.shape[1]!;
  const sum = projected.add(dense({ weight: p.weightHh, bias: p.biasHh }, h!));
  const [inputForget, candidate, output] = np.split(sum, [2 * size, 3 * size], 1);
  const [i, f] = np.split(sigmoid(inputForget!), 2, 1);
  const next = f!.mul(c!).add(i!.mul(tanh(candidate!)));
  return [sigmoid(output!).mul(tanh(next)), next];
}

function recurrent(
  layer: string,
  p: RecurrentParameters<Traced>,
  x: Traced,
  gates: number,
  options: { readonly states: readonly (Traced | undefined)[]; readonly lengths?: Traced },
  step: Step,
): { y: Traced; states: Traced[] } {
  const first = p[0]?.[0];
  if (first === undefined) throw settingError(layer, 'no layers');
  const hidden = first.weightHh.shape[1]!;
  expectShape(`${layer}: weightHh`, first.weightHh, [gates * hidden, hidden]);
  expectShape(`${layer}: x`, x, ['batch', 'time', first.weightIh.shape[1]!]);
  const batch = x.shape[0]!;
  const runs = p.length * p[0]!.length;
  const starts = options.states.map((state) => {
    if (state === undefined) return null;
    expectShape(`${layer}: initial state`, state, [runs, batch, hidden]);
    return np.split(state, runs, 0);
  });
  if (options.lengths !== undefined) expectShape(`${layer}: lengths`, options.lengths, [batch]);
  const masks = masksOf(options.lengths, x.shape[1]!);
  let y = x;
  const finals: Traced[][] = [];
  for (const directions of p) {
    const outputs = directions.map((cell, backward) => {
      const states = starts.map((list) => {
        const start = list?.[finals.length];
        // One row for all examples: the batch stays free in exported models.
        return start === undefined ? np.zeros([1, hidden]) : start.reshape([batch, hidden]);
      });
      const run = unroll(cell, y, { states, masks, backward: backward === 1, step });
      finals.push(run.states);
      return run.y;
    });
    y = outputs.length === 1 ? outputs[0]! : np.concatenate(outputs, -1);
  }
  const states = options.states.map((_, k) =>
    np.stack(
      finals.map((final) => final[k]!),
      0,
    ),
  );
  return { y, states };
}

/** For each step, which examples still run, bool `[batch, 1]`; null where all do. */
function masksOf(lengths: Traced | undefined, time: number): readonly Traced[] | null {
  if (lengths === undefined) return null;
  const column = lengths.reshape([lengths.shape[0]!, 1]);
  return Array.from({ length: time }, (_, t) => column.greater(t));
}

function unroll(
  cell: RecurrentCell<Traced>,
  x: Traced,
  {
    states,
    masks,
    backward,
    step,
  }: {
    readonly states: readonly Traced[];
    readonly masks: readonly Traced[] | null;
    readonly backward: boolean;
    readonly step: Step;
  },
): { y: Traced; states: Traced[] } {
  const [batch, time] = x.shape;
  const projected = dense({ weight: cell.weightIh, bias: cell.biasIh }, x);
  // Steps in front: taken apart by one operation, whose gradient puts them together by one operation.
  const steps = np.split(np.moveaxis(projected, 1, 0), time!, 0);
  const outputs: Traced[] = [];
  let current = [...states];
  for (let k = 0; k < time!; k += 1) {
    const t = backward ? time! - 1 - k : k;
    const next = step(cell, steps[t]!.reshape([batch!, projected.shape[2]!]), current);
    const mask = masks?.[t];
    if (mask === undefined) {
      current = next;
      outputs[t] = next[0]!;
    } else {
      const before = current;
      current = next.map((state, i) => np.where(mask, state, before[i]!));
      outputs[t] = np.where(mask, next[0]!, 0);
    }
  }
  return { y: np.stack(outputs, 1), states: current };
}
