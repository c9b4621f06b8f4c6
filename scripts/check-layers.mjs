/**
 * Fails on an import that the layers forbid, a package outside its home, or a circular import.
 * Usage: node scripts/check-layers.mjs
 */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { LAYERS, PACKAGE_HOMES, SHARED_TYPES, TOPS } from './layers.mjs';

const files = findSources('src');
const problems = [];
/** Run-time imports only: type imports vanish when compiled, so they cannot form a cycle. */
const graph = new Map();

for (const file of files) {
  const isTest = /\.test\.ts$/.test(file);
  const edges = [];
  for (const { name, typeOnly } of importsOf(file)) {
    if (name.startsWith('.')) {
      const target = normalize(join(dirname(file), name));
      if (!typeOnly) edges.push(target);
      // Tests may use any room to set a scene.
      if (!isTest) checkRoom(file, target, typeOnly);
    } else if (!isTest && !name.startsWith('node:')) {
      const homes = [PACKAGE_HOMES[packageOf(name)] ?? []].flat();
      const atHome = homes.length === 0 || homes.some((home) => file.startsWith(home));
      if (!typeOnly && !atHome) {
        problems.push(`${file}: ${packageOf(name)} belongs behind ${homes.join(' or ')}`);
      }
    }
  }
  graph.set(file, edges);
}
findCycles();
if (ts.sys.directoryExists('papers')) for (const file of findSources('papers')) checkPaper(file);

if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n${problems.length} layer problems\n`);
  process.exit(1);
}
process.stdout.write(`layers: ${files.length} files in order\n`);

function findSources(folder) {
  return ts.sys
    .readDirectory(folder, ['.ts'], undefined, undefined)
    .map((path) => normalize(path))
    .filter((path) => !path.includes('/assembly/'))
    .sort();
}

function importsOf(file) {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const found = [];
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const clause = ts.isImportDeclaration(node) ? node.importClause : node;
      found.push({ name: node.moduleSpecifier.text, typeOnly: clause?.isTypeOnly === true });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      // A lazy import still crosses a layer, but it cannot deadlock a cycle at load time.
      if (argument && ts.isStringLiteral(argument))
        found.push({ name: argument.text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function checkRoom(file, target, typeOnly) {
  const from = file.split('/')[1];
  const to = target.split('/')[1];
  if (from === to || to === 'core') return;
  if (typeOnly && SHARED_TYPES.includes(target)) return;
  if (TOPS.includes(to)) {
    problems.push(`${file}: nothing below may import ${to}`);
    return;
  }
  const allowed = LAYERS[from];
  if (allowed === undefined)
    problems.push(`${file}: the room ${from} is not in scripts/layers.mjs`);
  else if (allowed !== '*' && !allowed.includes(to))
    problems.push(`${file}: ${from} may not import ${to} (${target})`);
}

/** Papers stand outside: they know the package by its public entries, and the files beside them. */
function checkPaper(file) {
  for (const { name } of importsOf(file)) {
    const inside = name.startsWith('.')
      ? dirname(normalize(join(dirname(file), name))).startsWith(dirname(file))
      : name === 'ringtrue' || name.startsWith('ringtrue/') || name.startsWith('node:');
    if (!inside) problems.push(`${file}: papers import public entries only (${name})`);
  }
}

function packageOf(name) {
  const parts = name.split('/');
  return name.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}

function findCycles() {
  const state = new Map();
  const path = [];
  const visit = (file) => {
    state.set(file, 'open');
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      if (state.get(next) === 'open') {
        problems.push(`circular import: ${[...path.slice(path.indexOf(next)), next].join(' → ')}`);
      } else if (!state.has(next) && graph.has(next)) visit(next);
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
}
