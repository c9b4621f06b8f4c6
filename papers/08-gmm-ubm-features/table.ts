/**
 * The table features × data.
 * @module
 */

import { evaluateRoc } from 'ringtrue/metrics';
import type { ScoreTable } from './systems.ts';

/** EER with its interval of each system on dev and eval of each data set, as Markdown. */
export function renderTable(tables: ReadonlyMap<string, ScoreTable>): string {
  const systems = [...new Set([...tables.values()].flatMap((table) => [...table.keys()]))];
  const columns = [...tables.keys()].flatMap((data) =>
    (['dev', 'eval'] as const).map((split) => ({ data, split })),
  );
  const counts = columns.map(({ data, split }) => {
    const [rows = []] = [...tables.get(data)!.values()].map((scored) => scored[split]);
    const spoof = rows.filter(({ label }) => label === 'spoof').length;
    return `${data} ${split} (${rows.length - spoof} + ${spoof})`;
  });
  const lines = systems.map((system) =>
    [
      system,
      ...columns.map(({ data, split }) => {
        const rows = tables.get(data)?.get(system)?.[split];
        return rows === undefined ? '' : formatEer(rows);
      }),
    ].join(' | '),
  );
  return [
    `| EER in % [95 %] | ${counts.join(' | ')} |`,
    `|---|${'---|'.repeat(columns.length)}`,
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n');
}

function formatEer(rows: Parameters<typeof evaluateRoc>[0]): string {
  const { value, low, high } = evaluateRoc(rows).eer;
  const percent = (share: number): string => (100 * share).toFixed(1);
  if (low === null || high === null) return percent(value);
  return `${percent(value)} [${percent(low)}–${percent(high)}]`;
}
