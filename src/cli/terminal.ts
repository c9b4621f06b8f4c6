/**
 * Renders progress events on stderr: a live bar on a terminal, sparse lines in a log.
 * @module
 */

import type { ProgressEvent } from '../core/progress.ts';
import { formatSeconds } from './table.ts';

/** Draws progress; `close` leaves the terminal as it was. */
export interface ProgressRenderer {
  onProgress(event: ProgressEvent): void;
  /** Writes something else to the terminal, above the bars. */
  above(write: () => void): void;
  close(): void;
}

interface Task {
  readonly total: number | undefined;
  readonly unit: string;
  readonly startedMs: number;
  /** Done before it started. */
  readonly before: number;
  done: number;
  note: string;
  lastLineMs: number;
}

const BAR_WIDTH = 24;
const FRAME_MS = 80;
const LOG_LINE_MS = 5000;
/** Redrawn so often at least: the time goes on while nothing is heard of a task. */
const TICK_MS = 1000;

/**
 * @param stream stderr, or a stand-in with `write`
 * @param live true redraws one line a task in place; false prints a line at start, end and now and then
 */
export function createProgressRenderer(
  stream: { write(text: string): unknown; readonly columns?: number },
  live: boolean,
  now: () => number = Date.now,
): ProgressRenderer {
  const tasks = new Map<string, Task>();
  let drawn = 0;
  let lastFrameMs = 0;

  const erase = (): void => {
    if (drawn > 0) stream.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  const draw = (): void => {
    const width = stream.columns ?? 100;
    const lines = [...tasks].map(([name, task]) => describe(name, task, now()).slice(0, width - 1));
    if (lines.length > 0) stream.write(`${lines.join('\n')}\n`);
    drawn = lines.length;
    lastFrameMs = now();
  };
  const above = (write: () => void): void => {
    if (live) erase();
    write();
    if (live) draw();
  };
  const line = (text: string): void => above(() => stream.write(`${text}\n`));

  const redraw = (): void => {
    erase();
    draw();
  };
  const ticks = live
    ? setInterval(() => {
        if (tasks.size > 0 && now() - lastFrameMs >= FRAME_MS) redraw();
      }, TICK_MS).unref()
    : undefined;

  return {
    onProgress(event) {
      if (event.type === 'warning') {
        line(`warning${event.code === undefined ? '' : ` ${event.code}`}: ${event.message}`);
        return;
      }
      if (event.type === 'start') {
        tasks.set(event.task, {
          total: event.total,
          unit: event.unit ?? '',
          startedMs: now(),
          before: event.done ?? 0,
          done: event.done ?? 0,
          note: '',
          lastLineMs: now(),
        });
        if (live) redraw();
        else stream.write(`${event.task} …\n`);
        return;
      }
      const task = tasks.get(event.task);
      if (task === undefined) return;
      if (event.type === 'advance') {
        task.done = event.done;
        task.note = event.note ?? '';
        if (live) {
          if (now() - lastFrameMs >= FRAME_MS) redraw();
        } else if (now() - task.lastLineMs >= LOG_LINE_MS) {
          task.lastLineMs = now();
          stream.write(`${describe(event.task, task, now())}\n`);
        }
        return;
      }
      tasks.delete(event.task);
      const note = event.note === undefined ? '' : ` (${event.note})`;
      line(`✓ ${event.task}${note} ${formatSeconds((now() - task.startedMs) / 1000)}`);
    },
    above,
    close() {
      clearInterval(ticks);
      if (live) erase();
      tasks.clear();
    },
  };
}

function describe(name: string, task: Task, nowMs: number): string {
  const elapsed = (nowMs - task.startedMs) / 1000;
  if (task.total === undefined || task.total === 0) return `  ${name} ${formatSeconds(elapsed)}`;
  const share = Math.min(1, task.done / task.total);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const unit = task.unit === '' ? '' : ` ${task.unit}`;
  const fresh = task.done - task.before;
  const rate = fresh / Math.max(elapsed, 1e-3);
  const left =
    fresh > 0 && elapsed > 1 ? `, ${formatSeconds((task.total - task.done) / rate)} left` : '';
  const speed =
    fresh > 0 && elapsed > 1 ? `, ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s` : '';
  const note = task.note === '' ? '' : `, ${task.note}`;
  return `  ${bar} ${name} ${task.done}/${task.total}${unit}${speed}${left}${note}`;
}
