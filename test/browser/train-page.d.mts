import type { Backend } from '../../src/runtime/backend.ts';

export interface TrainedHere {
  readonly graph: string;
  readonly findings: readonly unknown[];
  readonly losses: readonly number[];
  readonly made: readonly number[];
  readonly left: number;
}

export function trainHere(runtime: object, engine: Backend): Promise<TrainedHere>;
export function trainInPage(): Promise<TrainedHere>;
