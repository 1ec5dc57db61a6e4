/** The report's only style: its hash stands in the page's policy. Light and dark, on paper light. */
export const style = `
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#57606a;--line:#d0d7de;--band:#eef1f4;--bad:#b42318;
--default:#1f6feb;--fallback:#c2571a;--queue:#8250df;--in:#24292f;--well:#dcefe0;--slow:#fbe8c0;--failing:#f6c9c4;--strip:#1b1f24}
@media (prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--soft:#9aa4ae;--line:#30363d;--band:#161b22;--bad:#ff7b72;
--default:#58a6ff;--fallback:#f0883e;--queue:#bc8cff;--in:#e6edf3;--well:#12361f;--slow:#4d3800;--failing:#5c1a17;--strip:#e6edf3}}
@media print{:root{color-scheme:light;--fg:#000;--bg:#fff;--soft:#444;--line:#bbb;--band:#f0f0f0;--bad:#a00;
--default:#1f6feb;--fallback:#c2571a;--queue:#8250df;--in:#000;--well:#dcefe0;--slow:#fbe8c0;--failing:#f6c9c4;--strip:#000}
*{print-color-adjust:exact}figure .scroll>svg{min-width:0}figure,tr,.tiles{break-inside:avoid}h2{break-after:avoid}.scroll{overflow:visible}}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:16px}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{max-width:75ch;margin:.4rem 0}.lead{font-size:1.05rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:8px;margin:1rem 0}
.tiles div{border:1px solid var(--line);border-radius:6px;padding:8px 12px}.tiles .bad dd{color:var(--bad)}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}
figure{margin:1rem 0}figcaption{font-weight:600}.unit,.key{font-weight:400;color:var(--soft);margin-right:.6rem}
.dot{width:.7em;height:.7em;margin-right:.3em}
figure .scroll{margin:.2rem 0}figure .scroll>svg{width:100%;min-width:640px;height:auto;display:block}
svg text{font-size:11px;fill:var(--soft)}svg .lane{fill:var(--strip)}.grid{stroke:var(--line)}.band{fill:var(--band)}
path{fill:none;stroke-width:1.5}.hover{fill:transparent}.hover:hover{fill:var(--soft);fill-opacity:.15}
.well{fill:var(--well)}.slow{fill:var(--slow)}.failing{fill:var(--failing)}
.default{stroke:var(--default)}.fallback{stroke:var(--fallback)}.queue{stroke:var(--queue)}.in{stroke:var(--in)}
.median{stroke:var(--default)}.tail{stroke:var(--fallback)}
.area{fill-opacity:.35;stroke-width:1}.default.area{fill:var(--default)}.fallback.area{fill:var(--fallback)}.queue.area{fill:var(--queue)}
.in.area{fill:var(--in)}.median.area{fill:var(--default)}.tail.area{fill:var(--fallback)}
summary{cursor:pointer;margin:.4rem 0}
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding:.2rem 0}
th,td{padding:3px 10px 3px 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap;font-weight:400}
thead th{color:var(--soft);font-size:.85rem}.t{text-align:left}
`
