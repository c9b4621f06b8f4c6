import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A server of the repository's files on this machine, with an empty page at `/`. */
export interface TestServer {
  readonly url: string;
  close(): void;
}

/**
 * Serves the repository.
 * @param imports bare names as bundlers would resolve them
 * @param folders other folders by the address that they are served at, such as `/ort/`
 * @param isolated whether pages are cross-origin isolated, as threads in WebAssembly need
 */
export async function serve({
  imports,
  folders = {},
  isolated = false,
}: {
  imports: Readonly<Record<string, string>>;
  folders?: Readonly<Record<string, string>>;
  isolated?: boolean;
}): Promise<TestServer> {
  const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;
  const isolation = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  const fileOf = (path: string): string => {
    const [prefix, folder] = Object.entries(folders).find(([at]) => path.startsWith(at)) ?? [];
    return folder === undefined ? `${ROOT}${path}` : join(folder, path.slice(prefix!.length));
  };
  const server: Server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    try {
      const body = path === '/' ? page : await readFile(fileOf(path));
      const type = TYPES[path === '/' ? '.html' : extname(path)] ?? 'application/octet-stream';
      const headers = { 'content-type': type, ...(isolated ? isolation : {}) };
      response.writeHead(200, headers).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has such an address.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
