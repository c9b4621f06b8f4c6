/**
 * A headless Chromium of the system.
 * @module
 */

import { execFileSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/**
 * Starts it.
 * @param flags more flags of the command line
 * @throws if there is none on the PATH
 */
export function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', ...flags],
  });
}

/**
 * Evaluates an expression in a fresh page.
 * @throws what it throws, with the errors that the page reported
 */
export async function evaluateAt(
  browser: Browser,
  url: string,
  expression: string,
): Promise<unknown> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('requestfailed', (request) => problems.push(request.url()));
  await page.goto(url);
  return page.evaluate(expression).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${problems.join('\n')}`);
  });
}

function findChromium(): string {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // The next name.
    }
  }
  throw new Error('no Chromium on the PATH: apt-get install -y chromium');
}
