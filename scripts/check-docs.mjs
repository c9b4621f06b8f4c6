/**
 * Fails on an exported symbol of src/ without a doc comment, on a member of a type of the public entries that
 * no comment explains, on a file without a @module comment, and when docs/reference/errors.md differs from the
 * registry of error codes, or docs/reference/operations.md from the table of the compiler's operations.
 * Usage: node scripts/check-docs.mjs [--write]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { normalize } from 'node:path';
import ts from 'typescript';
import { commentsOf, undocumentedMembers } from './doc-comments.mjs';

const problems = [];
const files = ts.sys
  .readDirectory('src', ['.ts'], undefined, undefined)
  .map((path) => normalize(path))
  .filter((path) => !/\.test\.ts$|\.generated\.ts$|\/assembly\//.test(path));

for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  if (!/@module\b/.test(text.slice(0, 2000)))
    problems.push(`${file}: no @module comment at its head`);
  for (const statement of source.statements) {
    const exported = ts.canHaveModifiers(statement)
      ? ts
          .getModifiers(statement)
          ?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)
      : false;
    if (!exported) continue;
    if (commentsOf(statement).length > 0) continue;
    const { line } = source.getLineAndCharacterOfPosition(statement.getStart());
    problems.push(`${file}:${line + 1}: ${nameOf(statement)} has no doc comment`);
  }
}

for (const { where, name } of undocumentedMembers())
  problems.push(`${where}: ${name} has no doc comment, nor is it named in that of its type`);

for (const [pagePath, page] of [
  ['docs/reference/errors.md', errorPage()],
  ['docs/reference/operations.md', operationPage()],
]) {
  if (process.argv.includes('--write')) writeFileSync(pagePath, page);
  else if (!ts.sys.fileExists(pagePath) || readFileSync(pagePath, 'utf8') !== page) {
    problems.push(`${pagePath}: differs from its source; run: node scripts/check-docs.mjs --write`);
  }
}

if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n${problems.length} documentation problems\n`);
  process.exit(1);
}
process.stdout.write(`docs: ${files.length} files documented\n`);

function nameOf(statement) {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations[0]?.name.getText();
  return statement.name?.getText() ?? 'an export';
}

/** Tables are read from the source text, so that the check needs no build. */
function entriesOf(path) {
  const source = ts.createSourceFile(
    path,
    readFileSync(path, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const rows = [];
  const visit = (node) => {
    if (
      ts.isPropertyAssignment(node) &&
      (ts.isStringLiteral(node.name) || ts.isIdentifier(node.name)) &&
      ts.isObjectLiteralExpression(node.initializer)
    ) {
      const entry = Object.fromEntries(
        node.initializer.properties.map((property) => [
          property.name.getText(),
          ts.isStringLiteral(property.initializer)
            ? property.initializer.text
            : property.initializer.getText(),
        ]),
      );
      rows.push({ code: node.name.text, ...entry });
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return rows;
}

function errorPage() {
  const table = entriesOf('src/core/errors.ts').map(
    ({ code, summary, hint, wrongUse }) =>
      `| \`${code}\` | ${summary} | ${hint} | ${wrongUse === 'true' ? 2 : 1} |`,
  );
  return [
    '# Error codes',
    '',
    'Every failure carries one of these codes, in messages, in `--json` output and in trial rows.',
    'This page is generated from `src/core/errors.ts`.',
    '',
    '| code | what happened | what to do | exit code |',
    '|---|---|---|---|',
    ...table,
    '',
  ].join('\n');
}

function operationPage() {
  const cell = (text) => text.replaceAll('|', '\\|');
  const table = entriesOf('src/compiler/lower/operations.ts').map(
    ({ code, what, lowered, types, limits }) =>
      `| \`${code}\` | ${[what, lowered, types, limits].map(cell).join(' | ')} |`,
  );
  return [
    '# Operations of the compiler',
    '',
    'Every operation that the pinned jax-js can trace, and those that passes make, with what becomes of it in',
    'the ONNX graph. Each traced one is tried against jax-js on random shapes, values, element types and views',
    '(`src/compiler/conformance.test.ts`), and so is its gradient, also against finite differences, where',
    'jax-js has one. "floats" are float32, float64 and float16 (the latter where ONNX Runtime has it or',
    'converts by itself), "integers" int32 and uint32. What cannot be lowered is `compiler/unsupported` with',
    'the operation and the line that made it; floating-point functions of integers are. This page is generated',
    'from `src/compiler/lower/operations.ts`.',
    '',
    '| operation | what | lowered to | element types | limits |',
    '|---|---|---|---|---|',
    ...table,
    '',
  ].join('\n');
}
