/** The style sheet of reports: light and dark, on paper and on a phone. */

/** Colours of series, told apart by colour-blind people, too: after Okabe & Ito (2008), darkened on white for contrast. */
const series = {
  light: ['#0068a5', '#b84a00', '#007a56', '#a1467c', '#7d5c00', '#454545'],
  dark: ['#56b4e9', '#f08a3c', '#2fc79b', '#e29bc0', '#e6c229', '#c0c0c0'],
};

/** Colours of series before they repeat. */
export const seriesCount = series.light.length;

/** From little to much in steps of lightness, so that any vision reads the order: cividis, by Nuñez et al. (2018). */
const heat = [
  '#00224e',
  '#123570',
  '#3b496c',
  '#575d6d',
  '#707173',
  '#8a8779',
  '#a69d75',
  '#c4b56c',
  '#e4cf5b',
  '#fee838',
];

export const heatSteps = heat.length;

const variables = (colours: readonly string[]) => colours.map((colour, i) => `--series-${i}: ${colour};`).join(' ');
const isDark = (step: number) => step < heatSteps / 2;

export const style = `
:root { --page: #fff; --text: #1a1a1a; --quiet: #595959; --line: #d4d4d4; --head: #f2f2f2; ${variables(series.light)} }
@media (prefers-color-scheme: dark) {
  :root { --page: #16181b; --text: #e8e8e8; --quiet: #a8a8a8; --line: #3c4045; --head: #23272c; ${variables(series.dark)} }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 0.5rem; border-bottom: 1px solid var(--line); font-size: 1.3rem; }
h3 { margin: 1.5rem 0 0.5rem; font-size: 1.05rem; }
p { max-width: 48rem; }
.quiet, figcaption, caption { color: var(--quiet); font-size: 0.875rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.5rem 0; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.25rem; }
th, td { padding: 0.2rem 0.6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
thead th { background: var(--head); vertical-align: bottom; }
th:first-child, td.text, th.text { text-align: left; }
td.text, tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 6rem; font-weight: normal; }
td small { color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 0.5rem 0; font-size: 0.875rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0.75rem 0; }
.plots { display: flex; flex-wrap: wrap; gap: 0 2rem; }
.plots figure { flex: 0 1 29rem; min-width: 0; }
.plot { display: block; width: 100%; max-width: 29rem; height: auto; overflow: visible; }
.plot text { white-space: pre; }
.scene { margin: 0.75rem 0 1.25rem; break-inside: avoid; }
.frames { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 0.5rem; }
.frames figure { margin: 0; }
.frames img { display: block; width: 100%; height: auto; }
.better { color: var(--series-2); }
.worse { color: var(--series-1); }
td.heat { min-width: 5rem; text-align: center; }
${heat.map((colour, i) => `.heat-${i} { background: ${colour}; color: ${isDark(i) ? '#fff' : '#000'}; }\n.heat-${i} small { color: inherit; }`).join('\n')}
@media print {
  :root { --page: #fff; --text: #000; --quiet: #444; --line: #bbb; --head: #eee; ${variables(series.light)} }
  body { max-width: none; padding: 0; font-size: 10pt; }
  tr, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .wide { overflow: visible; }
  td.heat { print-color-adjust: exact; }
}
`;
