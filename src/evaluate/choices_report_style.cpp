// SPDX-License-Identifier: 0BSD
#include "evaluate/choices_report_parts.h"

namespace fabula::evaluate {

const char* page_style() {
    return R"(:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --ink: #1f2328; --quiet: #575e68; --rule: #dcd9d1; --grid: #e6e3dc;
  --accent: #0a6c6c; --shown: #75706a; --bar: #b9c4c6; --note: #f3eee2; --hatch: #a7a29a;
  --more0: #edebe6; --more1: #d9e8f3; --more2: #a3c9e3; --more3: #5a9fce;
  --less1: #f7e5d6; --less2: #efc39b; --less3: #e09a5c; --in-cell: #14181c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181c; --ink: #e8e5df; --quiet: #a9adb4; --rule: #363a41; --grid: #2a2e34;
    --accent: #5cc5c0; --shown: #98938b; --bar: #4a5459; --note: #24262a; --hatch: #565b63;
    --more0: #2a2d33; --more1: #233a4e; --more2: #275578; --more3: #2b6ea6;
    --less1: #45342a; --less2: #6b4528; --less3: #925621; --in-cell: #f4f2ee;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 64rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; font-weight: 650; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .5rem; padding-top: 1rem;
     border-top: 1px solid var(--rule); font-weight: 650; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; font-weight: 650; }
p, ul { max-width: 44rem; margin: .5rem 0; }
ul { padding-left: 1.2rem; }
.quiet, figcaption, summary { color: var(--quiet); }
.note { background: var(--note); padding: .6rem .9rem; border-left: 3px solid var(--accent); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .8rem 1.5rem;
     margin: 1.5rem 0; }
dl div { border-top: 1px solid var(--rule); padding-top: .3rem; }
dt { color: var(--quiet); font-size: .9rem; }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.words { grid-column: span 2; }
.words dd { font-size: 1rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr));
        gap: 1rem 2.5rem; }
figure { margin: .8rem 0 1rem; min-width: 0; max-width: 30rem; }
figcaption { font-size: .9rem; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
           fill: var(--ink); font-variant-numeric: tabular-nums; }
svg text.quiet { fill: var(--quiet); }
svg text.small { font-size: 11px; }
svg text.in-cell { fill: var(--in-cell); }
svg text.strong { font-weight: 700; }
.grid-line, line.grid { stroke: var(--grid); stroke-width: 1; }
line.zero { stroke: var(--quiet); stroke-width: 1; }
line.whisker { stroke: var(--ink); stroke-width: 1.3; }
line.reference { stroke: var(--accent); stroke-width: 2; stroke-dasharray: 3 2; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.picked { stroke: var(--accent); } .dot.picked { fill: var(--accent); }
.line.shown { stroke: var(--shown); stroke-dasharray: 5 3; } .dot.shown { fill: var(--shown); }
.band { opacity: .22; stroke: none; }
.band.picked { fill: var(--accent); } .band.shown { fill: var(--shown); }
.bar { fill: var(--bar); } .bar.distinct { fill: var(--accent); opacity: .6; }
.effect { fill: var(--paper); stroke: var(--quiet); stroke-width: 1.6; }
.effect.distinct { fill: var(--accent); stroke: var(--accent); }
.level-more0 { fill: var(--more0); } .level-more1 { fill: var(--more1); }
.level-more2 { fill: var(--more2); } .level-more3 { fill: var(--more3); }
.level-less1 { fill: var(--less1); } .level-less2 { fill: var(--less2); }
.level-less3 { fill: var(--less3); }
.hatch { fill: var(--hatch); }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; font-size: .9rem; margin: .6rem 0;
       padding: 0; list-style: none; }
.key svg { display: inline-block; width: 28px; height: 14px; vertical-align: -2px;
           margin-right: .4rem; }
details { margin: .2rem 0; font-size: .9rem; }
summary { cursor: pointer; }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem .2rem 0; text-align: right; border-bottom: 1px solid var(--grid);
         white-space: nowrap; font-weight: 400; }
thead th { color: var(--quiet); vertical-align: bottom; }
th:first-child { text-align: left; }
@media print { details:not([open]) { display: none; } h2 { break-after: avoid; }
               figure { break-inside: avoid; } }
)";
}

}  // namespace fabula::evaluate
