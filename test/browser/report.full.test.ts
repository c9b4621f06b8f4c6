import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { openBrowser } from '../helpers/chromium.ts';
import { runRingtrue } from '../helpers/command-line.ts';

let folder: string;
let browser: Browser;
let page: Page;
/** Whatever the page asked of the network, and what it complained of. */
const problems: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  await buildToyCorpus(join(folder, 'toy'), { speakers: 3, clipsPerSpeaker: 6 });
  const { status, stderr } = runRingtrue(
    ['study', 'run', './toy', '-c', 'clean,mp3@1..3,clip@1..3', '--out', 'run', '--quiet'],
    { cwd: folder },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 700, height: 900 } });
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) problems.push(request.url());
  });
  await page.goto(pathToFileURL(join(folder, 'run/report.html')).href);
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

/** Relative luminance contrast of text and ground (WCAG 2), and how bright the ground is. */
const contrast = (): Promise<{ ratio: number; ground: number }> =>
  page.evaluate(() => {
    const luminance = (colour: string): number => {
      const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
        const x = Number(part) / 255;
        return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const { color, backgroundColor } = getComputedStyle(document.body);
    const [text, ground] = [luminance(color), luminance(backgroundColor)];
    return {
      ratio: (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05),
      ground,
    };
  });

test('opens from disk, asks nothing of the network, and plays the corrupted clips', async () => {
  const played = await page.evaluate(async () => {
    const audio = document.querySelector('audio');
    if (audio === null) return null;
    audio.muted = true;
    await audio.play();
    audio.pause();
    return { duration: audio.duration, error: audio.error };
  });
  expect(played).toEqual({ duration: expect.any(Number), error: null });
  expect(played?.duration).toBeGreaterThan(0.5);
  expect(problems).toEqual([]);
});

test('the keyboard reaches every link, cell, table, player and fold, and all show the focus', async () => {
  await page.evaluate(() => scrollTo(0, 0));
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll('nav a, td.cell[tabindex], .scroll, audio, summary')];
    const shown = all.filter((each) => each.checkVisibility({ contentVisibilityAuto: true }));
    for (const [i, each] of shown.entries()) each.setAttribute('data-stop', String(i));
    return shown.length;
  });
  expect(wanted).toBeGreaterThan(30);
  const reached = new Set<string>();
  const unmarked: string[] = [];
  for (let press = 0; press < 8 * wanted && reached.size < wanted; press += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null) return null;
      const { outlineStyle } = getComputedStyle(element);
      return { name: element.getAttribute('data-stop'), tag: element.tagName, outlineStyle };
    });
    if (stop?.name === null || stop === null) continue;
    reached.add(stop.name);
    // A player marks the button inside it that has the focus.
    if (stop.outlineStyle === 'none' && stop.tag !== 'AUDIO') unmarked.push(stop.tag);
  }
  const missed = await page.evaluate(
    (seen) =>
      [...document.querySelectorAll('[data-stop]')]
        .filter((each) => !seen.includes(each.getAttribute('data-stop') ?? ''))
        .map((each) => each.outerHTML.slice(0, 120)),
    [...reached],
  );
  expect(missed).toEqual([]);
  expect(unmarked).toEqual([]);
  await page.locator('summary').last().focus();
  await page.keyboard.press('Enter');
  expect(await page.locator('details').last().getAttribute('open')).not.toBe(null);
  await page.keyboard.press('Enter');
});

test('is readable in light, dark and print; print shows what is folded away', async () => {
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await contrast();
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await contrast();
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const print = await contrast();
  for (const { ratio } of [light, dark, print]) expect(ratio).toBeGreaterThan(7);
  expect(light.ground).toBeGreaterThan(0.9);
  expect(dark.ground).toBeLessThan(0.05);
  expect(print.ground).toBeGreaterThan(0.9);
  const hidden = await page.evaluate(
    () =>
      [...document.querySelectorAll('details td, details pre')].filter(
        (each) => !each.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }),
      ).length,
  );
  expect(hidden).toBe(0);
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
});

test('fits a telephone: only tables scroll sideways', async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.setViewportSize({ width: 700, height: 900 });
});
