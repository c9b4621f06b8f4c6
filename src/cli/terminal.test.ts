import { expect, test, vi } from 'vitest';
import { createProgressRenderer } from './terminal.ts';

function record(live: boolean) {
  let text = '';
  let clock = 0;
  const renderer = createProgressRenderer(
    { write: (chunk) => (text += chunk), columns: 100 },
    live,
    () => clock,
  );
  return { renderer, text: () => text, wait: (ms: number) => (clock += ms) };
}

test('a log gets one line at the start and one at the end of a task, with the time it took', () => {
  const { renderer, text, wait } = record(false);
  renderer.onProgress({ type: 'start', task: 'decode', total: 10 });
  renderer.onProgress({ type: 'advance', task: 'decode', done: 3 });
  wait(2000);
  renderer.onProgress({ type: 'end', task: 'decode' });
  expect(text()).toBe('decode …\n✓ decode 2.0 s\n');
});

test('a terminal gets a bar with rate and time left', () => {
  const { renderer, text, wait } = record(true);
  renderer.onProgress({ type: 'start', task: 'score', total: 100, unit: 'clips' });
  wait(5000);
  renderer.onProgress({ type: 'advance', task: 'score', done: 50 });
  expect(text()).toContain('score 50/100 clips, 10/s, 5.0 s left');
  renderer.close();
  expect(text().endsWith('\u001b[1A\u001b[0J')).toBe(true);
});

test('on a terminal the time goes on while nothing is heard of a task', () => {
  vi.useFakeTimers();
  try {
    const { renderer, text, wait } = record(true);
    renderer.onProgress({ type: 'start', task: 'look up' });
    wait(3000);
    vi.advanceTimersByTime(1000);
    expect(text()).toContain('look up 3.0 s');
    renderer.onProgress({ type: 'end', task: 'look up' });
    const { length } = text();
    renderer.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(text().length).toBe(length);
  } finally {
    vi.useRealTimers();
  }
});

test('work that continues counts its rate from where it started, and says how it goes', () => {
  const { renderer, text, wait } = record(true);
  renderer.onProgress({ type: 'start', task: 'train', total: 100, unit: 'steps', done: 40 });
  wait(5000);
  renderer.onProgress({ type: 'advance', task: 'train', done: 50, note: 'loss 0.5' });
  expect(text()).toContain('train 50/100 steps, 2.0/s, 25 s left, loss 0.5');
  renderer.close();
});

test('warnings carry their code', () => {
  const { renderer, text } = record(false);
  renderer.onProgress({ type: 'warning', code: 'audio/truncated', message: 'x.mp3 ends early' });
  expect(text()).toBe('warning audio/truncated: x.mp3 ends early\n');
});
