/**
 * Style of the report: light, dark and print, no fonts or scripts from elsewhere.
 * @module
 */

/** Colours of detectors, in order, readable on light and dark grounds and apart for colour-blind eyes. */
export const DETECTOR_COLOURS = [
  '#0b7bd1',
  '#d9660c',
  '#128a5f',
  '#b4489f',
  '#8a7a00',
  '#6a5acd',
] as const;

/** The style sheet. */
export const STYLE = `
:root { --ink: #1a1d21; --soft: #5c6670; --paper: #ffffff; --panel: #f5f6f8; --line: #d9dde2; --accent: #0b7bd1;
  --bad: #b3261e; --good: #11734b; color-scheme: light dark; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a3adb8; --paper: #15181c; --panel: #1e2329;
  --line: #353c44; --accent: #6bb6f0; --bad: #ff8a80; --good: #6fd3a3; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { max-width: 48rem; } .soft { color: var(--soft); } small { color: var(--soft); }
a { color: var(--accent); } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .5rem 0; border-block: 1px solid var(--line); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .75rem; margin: 1rem 0; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.card b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { padding: .25rem .5rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } td.text, th.text { text-align: left; white-space: normal; }
thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; }
.heat td.cell { min-width: 3.6rem; text-align: center; padding: .15rem .3rem; border: 2px solid var(--paper); border-radius: 4px; }
.heat td.cell small { display: block; color: inherit; opacity: .85; font-size: .68rem; line-height: 1.1; }
.heat td.none { background: transparent; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: .75rem; }
figure { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem; }
figcaption { font-size: .85rem; font-weight: 600; } figure svg { width: 100%; height: auto; }
.plot { --plot-background: transparent; }
details { margin: .5rem 0; } summary { cursor: pointer; font-weight: 600; }
.clip { display: grid; grid-template-columns: minmax(14rem, 20rem) 1fr; gap: .5rem 1rem; align-items: center;
  border-bottom: 1px solid var(--line); padding: .6rem 0; }
.clip img { width: 100%; height: 6rem; border-radius: 4px; display: block; } audio { width: 100%; height: 2.2rem; }
.bad { color: var(--bad); } .good { color: var(--good); }
.note { border-left: 4px solid var(--accent); background: var(--panel); padding: .5rem .9rem; margin: .75rem 0; max-width: 52rem; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } nav, audio { display: none; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
  .scroll { overflow: visible; } table { font-size: 8px; } td, th { white-space: normal; padding: 1px 3px; }
  .heat td.cell small { font-size: 6px; } pre { white-space: pre-wrap; } h2 { break-after: avoid; } figure, tr, .clip { break-inside: avoid; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
@media (max-width: 40rem) { .clip { grid-template-columns: 1fr; } body { padding: 1rem; } }
`;
