import { execFileSync } from 'node:child_process';

/** Compiles `src/` once: worker threads and end-to-end tests run the built files. */
export default function build(): void {
  execFileSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' });
}
