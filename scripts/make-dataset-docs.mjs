/**
 * Writes docs/datasets/README.md from the readers.
 * Usage: npm run docs:datasets
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { datasetsPage } from '../dist/datasets/page.js';
import { listReaders } from '../dist/datasets/readers/index.js';

mkdirSync('docs/datasets', { recursive: true });
writeFileSync('docs/datasets/README.md', datasetsPage(listReaders()));
