/**
 * Doc comments, and the types that the public entries export, found by following their exports.
 * @module
 */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** The doc comments of a node; that of its file, which stands before the first statement, is none of them. */
export function commentsOf(node) {
  return ts
    .getJSDocCommentsAndTags(node)
    .map((comment) => comment.getText())
    .filter((text) => !/@module\b/.test(text));
}

/**
 * Members of the interfaces, classes and object types that files of src/public export, also of those that a union
 * or an intersection has, without those that a comment explains: its own, or the one on the type where that names
 * the member in backticks or by @property.
 * @returns `where` is file:line, `name` Type.member
 */
export function undocumentedMembers() {
  const missing = [];
  for (const type of publicTypes()) {
    const said = namesIn(commentsOf(type).join(' '));
    for (const member of membersOf(type)) {
      const name = member.name.getText();
      if (commentsOf(member).length > 0 || said.has(name)) continue;
      const source = type.getSourceFile();
      const { line } = source.getLineAndCharacterOfPosition(member.getStart());
      missing.push({ where: `${source.fileName}:${line + 1}`, name: `${type.name.text}.${name}` });
    }
  }
  return missing;
}

/** What a comment calls by name: words in backticks, and those after @property. */
function namesIn(comment) {
  const marked = [...comment.matchAll(/`([^`]+)`/g)].flatMap(([, text]) => text.split(/[^\w$]+/));
  const properties = [...comment.matchAll(/@property\s+(?:\{[^}]*\}\s*)?\[?([\w$]+)/g)];
  return new Set([...marked, ...properties.map(([, name]) => name)]);
}

/** What can be read or called from outside; overrides are explained where they come from. */
function membersOf(type) {
  return (type.members ?? literalMembersOf(type.type)).filter((member) => {
    if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return false;
    const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.OverrideKeyword];
    return !ts.getModifiers(member)?.some(({ kind }) => hidden.includes(kind));
  });
}

/** Members of an object type, or of those that a union or an intersection is made of. */
function literalMembersOf(node) {
  if (ts.isTypeLiteralNode(node)) return [...node.members];
  if (ts.isParenthesizedTypeNode(node)) return literalMembersOf(node.type);
  if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node))
    return node.types.flatMap(literalMembersOf);
  return [];
}

function publicTypes() {
  const sources = new Map();
  const types = new Set();
  const visited = new Set();
  const read = (file) => {
    const known = sources.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(file, 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    sources.set(file, source);
    return source;
  };
  /** `*` is every name. */
  const follow = (file, name) => {
    if (visited.has(`${file} ${name}`)) return;
    visited.add(`${file} ${name}`);
    for (const statement of read(file).statements) {
      if (ts.isExportDeclaration(statement)) {
        if (!statement.moduleSpecifier?.text.startsWith('.')) continue;
        const from = normalize(join(dirname(file), statement.moduleSpecifier.text));
        const clause = statement.exportClause;
        if (clause === undefined) follow(from, name);
        else if (ts.isNamespaceExport(clause)) follow(from, '*');
        else {
          for (const element of clause.elements) {
            if (name === '*' || element.name.text === name)
              follow(from, (element.propertyName ?? element.name).text);
          }
        }
      } else if (isExportedType(statement) && (name === '*' || statement.name.text === name))
        types.add(statement);
    }
  };
  for (const file of ts.sys.readDirectory('src/public', ['.ts'])) follow(normalize(file), '*');
  return types;
}

function isExportedType(statement) {
  const isType =
    ts.isInterfaceDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return (
    isType &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
  );
}
