/**
 * How a file inside an archive is called: `/data/LA.zip!/LA/flac/a.flac`. Such a path may stand wherever
 * the path of a recording may: in a manifest, in a clip, on the command line.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';

/** Kinds of archive that are read in place. */
export type ArchiveKind = 'zip' | 'tar' | 'tar.gz' | 'parquet';

const KINDS: ReadonlyMap<string, ArchiveKind> = new Map([
  ['.zip', 'zip'],
  ['.tar', 'tar'],
  ['.tar.gz', 'tar.gz'],
  ['.tgz', 'tar.gz'],
  ['.parquet', 'parquet'],
]);

const ENDING = /\.(?:zip|tar|tar\.gz|tgz|parquet)$/i;
const INSIDE = /^(.*?\.(?:zip|tar|tar\.gz|tgz|parquet))![\\/](.+)$/is;

/** A path that was taken apart. */
export interface MemberPath {
  readonly archive: string;
  /** Path inside the archive, with `/`. */
  readonly member: string;
}

/** The kind of archive that a file's ending names; undefined for anything else. */
export function archiveKind(path: string): ArchiveKind | undefined {
  const ending = ENDING.exec(path)?.[0];
  return ending === undefined ? undefined : KINDS.get(ending.toLowerCase());
}

/** A file name without the ending of an archive. */
export function archiveStem(name: string): string {
  return name.replace(ENDING, '');
}

/** The path of a file inside an archive. */
export function memberPath(archive: string, member: string): string {
  return `${archive}!/${member}`;
}

/** Takes the path of a file inside an archive apart; undefined for the path of an ordinary file. */
export function splitMemberPath(path: string): MemberPath | undefined {
  const [, archive, member] = INSIDE.exec(path) ?? [];
  if (archive === undefined || member === undefined) return undefined;
  return { archive, member: member.replaceAll('\\', '/') };
}

/**
 * The name of a file as an archive holds it, with `/` and without `./`.
 * @returns undefined for a folder or an empty name
 * @throws RingtrueError `archives/unsafe-name` for one that is absolute, leads upwards or holds a NUL
 */
export function cleanName(raw: string, archive: string): string | undefined {
  const name = raw.replaceAll('\\', '/');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const leadsOut = name.startsWith('/') || /^[a-z]:\//i.test(name) || parts.includes('..');
  if (leadsOut || name.includes('\0')) {
    throw new RingtrueError(
      'archives/unsafe-name',
      `${archive}: it holds the name ${JSON.stringify(raw)}`,
      { details: { archive, name: raw } },
    );
  }
  return name.endsWith('/') || parts.length === 0 ? undefined : parts.join('/');
}
