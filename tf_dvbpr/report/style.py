"""The page's CSS: a light and a dark theme, for screens from a phone to a desktop."""

CSS = """
:root {
  color-scheme: light dark;
  --page: #fbfaf8; --ink: #1f1e1c; --quiet: #66635d; --rule: #dedbd4; --soft: #f2f0eb; --paper: #ffffff;
  --line-0: #b3401f; --line-1: #1f6f9c; --line-2: #6d7a1e; --note: #fbeecb; --note-ink: #5b4300;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", Palatino, "Palatino Linotype", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #17181a; --ink: #e6e3dd; --quiet: #a19e97; --rule: #36383c; --soft: #202225; --paper: #f4f3f0;
    --line-0: #f0906b; --line-1: #74b9e0; --line-2: #bcc767; --note: #3a3117; --note-ink: #f2dfa8;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 4rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1.0625rem/1.6 var(--serif); }
header, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
header { padding-top: clamp(2rem, 6vw, 4.5rem); }
p { max-width: 44rem; margin: .8rem 0; overflow-wrap: anywhere; }
h1, h2, h3 { font-weight: 600; line-height: 1.2; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.9rem, 1.3rem + 2.6vw, 3rem); letter-spacing: -.015em; margin: 0 0 .6rem; }
h2 { font-size: 1.6rem; letter-spacing: -.01em; margin: 0 0 .8rem; }
h3 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h3 small { color: var(--quiet); font: 400 .85rem var(--sans); }
h4, .eyebrow, dt { font: 500 .78rem/1.4 var(--sans); letter-spacing: .05em; color: var(--quiet); margin: 0 0 .5rem; }
.eyebrow { text-transform: uppercase; letter-spacing: .1em; }
.lead { font-size: 1.2rem; line-height: 1.5; color: var(--quiet); }
a { color: inherit; text-underline-offset: .2em; text-decoration-color: var(--rule); }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--line-1); outline-offset: 2px; }
code { font-size: .88em; overflow-wrap: anywhere; }

nav { position: sticky; top: 0; z-index: 1; background: var(--page); border-bottom: 1px solid var(--rule); }
nav ul { display: flex; gap: 1.5rem; max-width: 70rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem);
  overflow-x: auto; list-style: none; scrollbar-width: none; font: .9rem var(--sans); }
nav a { display: block; padding: .8rem 0; white-space: nowrap; text-decoration: none; color: var(--quiet); }
nav a:hover { color: var(--ink); }
section { padding: clamp(2rem, 5vw, 3.5rem) 0; border-bottom: 1px solid var(--rule); }
section:last-child { border: 0; }
footer { padding-bottom: 4rem; }
footer p, .fine { font: .82rem/1.6 var(--sans); color: var(--quiet); }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(9.5rem, 44%), 1fr)); gap: 1px;
  margin: 2rem 1px; }
.tiles > div { outline: 1px solid var(--rule); padding: .9rem 1rem; }
.tiles dt { margin: 0; }
.tiles dd { margin: 0; font: 600 1.55rem/1.3 var(--serif); font-variant-numeric: lining-nums; overflow-wrap: anywhere; }
.tiles small { font: 400 .8rem var(--sans); color: var(--quiet); white-space: nowrap; }

.note { border-left: 3px solid var(--line-0); background: var(--note); color: var(--note-ink);
  padding: .7rem 1rem; font: .92rem/1.5 var(--sans); }
.table { margin: 1.4rem 0; }
.scroll { overflow-x: auto; margin-top: .5rem; }
table { border-collapse: collapse; font: .88rem/1.4 var(--sans); font-variant-numeric: tabular-nums lining-nums; }
th, td { padding: .42rem 1.5rem .42rem 0; text-align: left; font-weight: 400; white-space: nowrap; }
.figure { text-align: right; }
:is(th, td):last-child { padding-right: .2rem; }
tbody th { position: sticky; left: 0; background: var(--page); }
thead th { color: var(--quiet); border-bottom: 1px solid var(--ink); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
tbody tr:last-child > * { border-bottom: 1px solid var(--rule); }
details { margin: 1rem 0; font: .95rem var(--sans); }
summary { cursor: pointer; color: var(--quiet); padding: .3rem 0; width: fit-content; }
ul { padding-left: 1.2rem; max-width: 44rem; }
main li { font: .92rem/1.6 var(--sans); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }

figure { margin: 0; }
figcaption { font: .85rem/1.4 var(--sans); color: var(--quiet); }
figcaption b { color: var(--ink); font-weight: 600; }
img { max-width: 100%; height: auto; display: block; image-orientation: none; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); gap: 2rem 2.2rem;
  margin: 1.6rem 0; }
.chart { max-width: 30rem; min-width: 0; }
.chart svg { display: block; width: 100%; height: auto; margin-top: .4rem; overflow: visible; }
svg text { font: 11px var(--sans); fill: var(--quiet); font-variant-numeric: tabular-nums; }
svg .best { fill: var(--ink); }
svg line.best { stroke: var(--quiet); stroke-dasharray: 2 3; }
svg circle.best { fill: var(--page); stroke: var(--line-0); stroke-width: 2; }
.grid { stroke: var(--rule); } .axis { stroke: var(--quiet); }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.curve.line-0 { stroke: var(--line-0); } .curve.line-1 { stroke: var(--line-1); stroke-dasharray: 6 3; }
.curve.line-2 { stroke: var(--line-2); stroke-dasharray: 2 4; }
.dot.line-0 { fill: var(--line-0); } .dot.line-1 { fill: var(--line-1); } .dot.line-2 { fill: var(--line-2); }
.key { margin-left: .9rem; white-space: nowrap; }
.key::before { content: ""; display: inline-block; box-sizing: border-box; width: 1rem; margin-right: .35rem;
  vertical-align: .25em; border-top: 2px solid var(--line-0); }
.key.line-1::before { border-top: 2px dashed var(--line-1); }
.key.line-2::before { border-top: 2px dotted var(--line-2); }

.dots { max-width: 46rem; margin: 1.4rem 0; }
.dots .key::before { width: .65rem; height: .65rem; border: 0; border-radius: 50%; background: var(--line-0);
  vertical-align: -.04em; }
.dots .key.line-1::before { background: none; border: 2px solid var(--line-1); }
.dots .key.line-2::before { background: var(--line-2); border-radius: 0; }
.rows { margin-top: .7rem; }
.rows > div { display: grid; grid-template-columns: minmax(5rem, 9rem) 1fr 3.2rem; align-items: center; gap: .8rem;
  padding: .32rem 0; font: .88rem/1.3 var(--sans); font-variant-numeric: tabular-nums; }
.rows > div > :last-child { text-align: right; }
.track { position: relative; display: block; height: 1px; background: var(--rule); margin: 0 .35rem; }
.track i { position: absolute; top: -.3rem; width: .65rem; height: .65rem; margin-left: -.325rem; border-radius: 50%;
  background: var(--line-0); }
.track i.line-1 { background: var(--page); border: 2px solid var(--line-1); }
.track s { position: absolute; top: -1px; height: 3px; background: var(--line-0); opacity: .5; }
.track s.line-1 { background: var(--line-1); }
.track i.line-2 { background: var(--line-2); border-radius: 0; }
.track s.line-2 { background: var(--line-2); }
.axis em { font: .78rem var(--sans); color: var(--quiet); position: absolute; transform: translateX(-50%); }
.rows .axis { position: relative; display: block; height: 1.1rem; margin: 0 .35rem; }

.plates { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(26rem, 100%), 1fr)); gap: 1.6rem 2rem;
  align-items: start; margin: 1.4rem 0; }
.plate img { width: 100%; background: var(--paper); border: 1px solid var(--rule); }
.plate figcaption { padding-top: .5rem; }
.photos { margin: 1.1rem 0; }
.photos .row { display: grid; grid-template-columns: repeat(8, 1fr); gap: .5rem; margin-top: .4rem; }
.photos img, .paper img { width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--paper); }
.photos img, .paper { border: 1px solid var(--rule); background: var(--paper); }
@media (prefers-color-scheme: dark) { :is(.photos, .paper, .plate) img { filter: brightness(.93); } }
article { border-top: 1px solid var(--rule); margin-top: 1.8rem; }
article h3 { margin-top: 1.2rem; }
.trio { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1.5rem 2.4rem; }
.garments { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1rem .7rem; align-items: start; }
.garment figcaption { font: .78rem/1.4 var(--sans); padding-top: .35rem; overflow-wrap: anywhere; }
.garment figcaption b { font-size: .9rem; font-variant-numeric: tabular-nums; }
.garment small { display: block; font-size: inherit; }
.garment .track { margin: .45rem .35rem .5rem; }
.strip { display: flex; gap: .8rem; overflow-x: auto; padding-bottom: .8rem; }
.strip .garment { flex: 1 0 6.2rem; max-width: 9rem; }
.strip .garment:first-child { margin-right: 1rem; }

@media (max-width: 50rem) {
  body { font-size: 1rem; }
  th, td { padding-right: 1rem; }
  .trio { grid-template-columns: 1fr; }
  .photos .row { grid-template-columns: repeat(4, 1fr); }
  .rows > div { grid-template-columns: 5rem 1fr 2.8rem; gap: .5rem; }
}
@media print { nav { display: none; } section, article { break-inside: avoid-page; } }
"""
