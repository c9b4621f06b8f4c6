/**
 * Casual Conversations.
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import { above, findFile, makeClip, makeGroup } from '../layout.ts';
import { defineReader } from '../reader.ts';

const schema = z.record(
  z.string(),
  z.looseObject({
    files: z.array(z.string()),
    dark_files: z.array(z.string()).default([]),
    label: z.looseObject({
      age: z.string().default('N/A'),
      gender: z.string().default('N/A'),
      'skin-type': z.string().default('N/A'),
    }),
  }),
);

/** Casual Conversations: consenting people of stated age and gender, for measuring bias only. */
export const casualConversations = defineReader({
  name: 'casual-conversations',
  kind: 'published',
  title: 'Casual Conversations (version 1)',
  medium: 'video',
  languages: ['en'],
  classes: 'bonafide',
  layout: 'CasualConversations.json\nCasualConversations{A,B,…}/dddd/….MP4',
  licence:
    'evaluation only: no training, no inferring of attributes of people, no re-identification',
  use: 'evaluation-only',
  where: 'arXiv 2104.02821 (the description)',
  howTo: 'Give the folder that holds CasualConversations.json.',
  notes: [
    'All clips are genuine, all are eval, and all are tagged evaluation-only: a training refuses them.',
    'Age (as 18-30, 31-45, 46-85), gender, skin type and lighting are in group as the set states them; N/A is left out, so that unknown is a group of its own.',
    '3,011 people, 45,186 videos.',
  ],
  options: z.strictObject({}),
  clips: 45186,
  marks: ['CasualConversations.json'],
  read: async (tree) => {
    const table = findFile(tree, 'CasualConversations.json');
    const parsed = schema.safeParse(parseJson(await tree.text(table)));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new RingtrueError(
        'datasets/bad-manifest',
        `${tree.path(table)}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`,
        { details: { file: tree.path(table) } },
      );
    }
    return Object.entries(parsed.data).flatMap(([subject, { files, dark_files, label }]) => {
      const dark = new Set(dark_files);
      return files.map((file) =>
        makeClip({
          id: file,
          path: tree.path(above(table, 1) + file),
          medium: 'video',
          label: 'bonafide',
          split: 'eval',
          speaker: subject,
          language: 'en',
          domain: 'casual-conversations',
          licence: 'evaluation only',
          group: makeGroup({
            age: ageBand(label.age),
            gender: known(label.gender),
            skinType: known(label['skin-type']),
            lighting: dark.has(file) ? 'dark' : 'bright',
          }),
        }),
      );
    });
  },
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function known(value: string): string | undefined {
  return value === 'N/A' ? undefined : value;
}

/** The bands of the paper. */
function ageBand(text: string): string | undefined {
  const age = Number(text);
  if (!(age >= 18)) return undefined;
  return age <= 30 ? '18-30' : age <= 45 ? '31-45' : '46-85';
}
