"""The style of a scorecard's page: light and dark, wide and narrow, screen and paper, without anything from elsewhere."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #545d68; --line: #d5dae0; --page: #ffffff; --band: #f5f7f9;
  --mark: #0b5cad; --good: #11693c; --bad: #b3261e; --warn: #fff4d6; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6eaef; --soft: #a3adb8; --line: #3a424c; --page: #0f1318; --band: #181e25;
    --mark: #7db8f2; --good: #64cf97; --bad: #ff938a; --warn: #3b3011; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 78rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 0 0 .75rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { margin: .25rem 0 .5rem; }
a { color: var(--mark); }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; border-radius: 2px; }
main:focus { outline: none; }
small, .soft, header p, footer { color: var(--soft); }
small { display: block; font-size: .85em; font-weight: 400; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; padding: .5rem 1rem; background: var(--page); z-index: 1; }
.warning { background: var(--warn); color: var(--ink); padding: .5rem .75rem; border-radius: .4rem; }
nav ul { list-style: none; margin: 1rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
nav a { display: inline-block; padding: .15rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { padding: 1.75rem 0; border-top: 1px solid var(--line); }
footer { border-top: 1px solid var(--line); padding-top: 1rem; font-size: .875rem; }

.cards { list-style: none; margin: 0 0 1.25rem; padding: 0; display: grid; gap: .75rem;
  grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.cards li { background: var(--band); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; }
.cards h3 { margin: 0; font-size: .9rem; line-height: 1.3; font-weight: 600; color: var(--soft); min-height: 2.6em; }
.cards p { margin: 0; }
.figure { font-size: 1.7rem; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums;
  overflow-wrap: normal; }
.figure small { display: inline-block; font-size: .9rem; }
.span svg { display: block; width: 100%; height: auto; max-width: 14rem; margin: .1rem 0; color: var(--mark); }
.cards .move { margin-top: .4rem; font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.moves { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
.moves ul { list-style: none; padding: 0; margin: .25rem 0 1rem; }
.moves li { padding: .2rem 0; }
.moves li strong, .moves li small { color: var(--ink); }
.moves li small { display: inline; color: var(--soft); }

table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; margin: .25rem 0 1rem; }
th, td { padding: .45rem .75rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, .words { text-align: left; }
th:first-child { padding-left: .25rem; }
thead th { color: var(--soft); font-weight: 600; font-size: .875rem; }
tbody th { font-weight: 550; min-width: 9rem; }
thead th, td { overflow-wrap: normal; }
tbody td:nth-child(2) { font-weight: 650; }
tbody tr:hover { background: var(--band); }
td svg { display: block; margin: .1rem 0 0 auto; color: var(--mark); max-width: 100%; }
figure { margin: 1rem 0; }
figcaption { color: var(--soft); font-size: .875rem; max-width: 46rem; }
.wide { overflow-x: auto; }
details { margin: .5rem 0; }
summary { cursor: pointer; color: var(--mark); padding: .2rem 0; width: fit-content; }
ul { padding-left: 1.25rem; }
details ul, section > ul:not(.cards) { color: var(--soft); font-size: .925rem; }
dt { font-weight: 600; margin-top: .75rem; }
dd { margin: .1rem 0 0; padding-left: 1rem; border-left: 3px solid var(--line); font-size: .925rem; }
dd p { margin: .2rem 0; }
.formula { font-family: Cambria, Georgia, "Times New Roman", serif; font-size: 1.05em; }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }

@media screen and (min-width: 74rem) {
  body { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 0 2.5rem; }
  header, footer { grid-column: 1 / -1; }
  header { margin-bottom: 1.25rem; }
  nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto; }
  nav ul { flex-direction: column; flex-wrap: nowrap; margin: 0; font-size: .925rem; }
  main > section:first-child { border-top: 0; padding-top: 0; }
}
@media screen and (min-width: 90rem) {
  thead th, tbody td:nth-child(2), tbody td:nth-child(4) { white-space: nowrap; }
}
@media screen and (max-width: 58rem) {
  body { padding: 1rem 1rem 2rem; }
  .cards { grid-template-columns: repeat(auto-fill, minmax(min(9.5rem, 100%), 1fr)); }
  .cards li { padding: .7rem .75rem; }
  .figure { font-size: 1.35rem; }
  table, tbody { display: block; width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  tbody tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; padding: .6rem 0;
    border-bottom: 1px solid var(--line); }
  tbody th, tbody td { border: 0; padding: .1rem 0; min-width: 0; }
  tbody th:first-child { padding-left: 0; }
  tbody td:not(:nth-child(2)) { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0 .6rem; text-align: left;
    align-items: baseline; white-space: normal; }
  tbody td::before { content: attr(data-head) " "; color: var(--soft); font-weight: 400; font-size: .85em; }
  tbody td[data-head="value"]::before { content: none; }
  tbody td:empty { display: none !important; }
  td svg { margin: 0 0 0 auto; align-self: center; }
  .wide svg { min-width: 34rem; }
}
@media print {
  @page { margin: 15mm; }
  :root { color-scheme: light; font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  h2, h3, summary, dt, thead { break-after: avoid; }
  tr, .cards li, .moves li, figure { break-inside: avoid; }
  section { padding: .75rem 0; }
  .cards { grid-template-columns: repeat(4, 1fr); gap: .5rem; }
  .figure { font-size: 1.4rem; }
  .cards li, .warning { background: none; border: 1px solid var(--line); }
  details:not([open]):not(.notes) { display: none; }
  details.notes::details-content { content-visibility: visible; block-size: auto; }
  summary { color: var(--ink); font-weight: 600; list-style: none; }
}
"""
