//! The page's style sheet: one column of text, figures in two columns if there is room, light or dark by the reader's
//! preference, black on white in print.

use super::colours::{ROLES, style};

pub(crate) fn style_sheet() -> String {
    format!("{}\n{LAYOUT}", colour_style())
}

/// The colours by role as variables, light or dark by the reader's preference, and the rules of the charts' classes.
pub(crate) fn colour_style() -> String {
    let charts = style(".chart ", |(role, ..)| format!("var(--{role})"));
    let light: String = ROLES.iter().map(|(role, light, _)| format!("--{role}:{light};")).collect();
    let dark: String = ROLES.iter().map(|(role, _, dark)| format!("--{role}:{dark};")).collect();
    format!(
        ":root{{color-scheme:light dark;{light}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{charts}"
    )
}

const LAYOUT: &str = "\
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.55;overflow-wrap:break-word;
font-family:Charter,'Bitstream Charter','Iowan Old Style',Georgia,'Noto Serif','DejaVu Serif',serif;font-size:1.0625rem}
main{max-width:74rem;margin:0 auto;padding:3.5rem 1.5rem 5rem}
h1,h2,p,ul,dl,pre{max-width:44rem}
h1{font-size:2.1rem;line-height:1.2;font-weight:600;margin:0 0 .75rem;text-wrap:balance}
h2{font-size:1.3rem;line-height:1.3;font-weight:600;margin:0 0 1rem}
section{margin-top:3.25rem}
p{margin:0 0 1rem}
.lead{color:var(--soft);margin:0}
.finding{font-size:1.2rem;line-height:1.5;border-left:3px solid var(--c0);padding-left:1rem}
ul{padding-left:1.2rem;margin:0 0 1rem}
li{margin:.3rem 0}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));gap:2.75rem 3rem}
figure{margin:0;min-width:0}
figcaption{font-weight:600;line-height:1.35;margin-bottom:.6rem}
.chart{display:block;width:100%;max-width:42rem;height:auto}
@media screen{.wide .chart{max-width:56rem}}
.wide figcaption{display:none}
.group{display:contents}
.chart .key[role=button]{cursor:pointer}
.chart .off{display:none}
.chart .muted{opacity:.45;text-decoration:line-through}
.choices{grid-column:1/-1;display:flex;flex-wrap:wrap;gap:.4rem;margin-bottom:-1.75rem}
button,input{font:.8125rem/1.45 system-ui,sans-serif;color:inherit;background:none;border:1px solid var(--grid);border-radius:4px;padding:.2rem .55rem}
button{cursor:pointer}
button[aria-pressed=true]{border-color:var(--c0);color:var(--c0)}
thead button{font:inherit;border:0;padding:0;text-align:inherit}
th[aria-sort=ascending] button::after{content:' ▲'}
th[aria-sort=descending] button::after{content:' ▼'}
.filter{display:block;font:.8125rem/1.45 system-ui,sans-serif;color:var(--soft);margin-bottom:.5rem}
.tip{position:fixed;z-index:1;max-width:min(22rem,92vw);padding:.3rem .6rem;border-radius:4px;background:var(--ink);color:var(--paper);font:.8125rem/1.4 system-ui,sans-serif;pointer-events:none}
@media screen{.unchosen{display:none}}
details{margin-top:.4rem;font-size:.9rem;color:var(--soft)}
summary{cursor:pointer;width:fit-content}
details p{margin:.4rem 0 0}
.scroll{overflow-x:auto;margin:0 0 1rem;outline-offset:2px}
table{border-collapse:collapse;font:.8125rem/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
th,td{padding:.42rem .5rem;text-align:right;vertical-align:top;white-space:nowrap;border-bottom:1px solid var(--grid)}
thead th{white-space:normal;font-weight:600;color:var(--soft);vertical-align:bottom;border-bottom-color:var(--soft)}
th:first-child,td:first-child{text-align:left;padding-left:0}
th:last-child,td:last-child{padding-right:0}
tbody th{font-weight:600}
tbody th,td.text{white-space:normal;min-width:7.5rem;max-width:20rem;overflow-wrap:break-word}
th.text,td.text{text-align:left}
.chosen{font-weight:400;color:var(--c0)}
caption,.note{text-align:left;color:var(--soft);font-size:.9rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.25rem;margin:0 0 1rem;
font:.9rem/1.5 system-ui,sans-serif}
dl.columns{display:block;columns:3 14rem;column-gap:2.5rem;max-width:none}
dl.columns div{display:flex;justify-content:space-between;gap:1rem;break-inside:avoid;padding:.15rem 0;border-bottom:1px solid var(--grid)}
dl.columns dd{text-align:right}
dt{color:var(--soft)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
code,pre{font-family:ui-monospace,'Cascadia Mono','DejaVu Sans Mono',monospace;font-size:.85em}
code{overflow-wrap:anywhere}
pre{overflow-x:auto;padding:.8rem 1rem;margin:0;border:1px solid var(--grid);border-radius:4px;line-height:1.5}
pre code{font-size:1em;overflow-wrap:normal}
@media (max-width:40rem){body{font-size:1rem}main{padding:1.75rem 1rem 3rem}h1{font-size:1.6rem}
section{margin-top:2.5rem}.finding{font-size:1.1rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}
dl.columns dd{margin:0}}
@media print{@page{margin:16mm}:root{color-scheme:light}body{background:none;font-size:10pt}main{padding:0;max-width:none}section{margin-top:1.5rem}
h2{break-after:avoid}figure,tr{break-inside:avoid}.figures{display:block}figure{margin-bottom:8mm}.chart{max-width:12.5cm;max-height:21.5cm}
.wide .chart{max-width:none}.finding,dl div{break-inside:avoid}thead button::after{content:none}
.scroll,pre{overflow:visible}table{font-size:6.5pt;width:100%}th,td{padding:.2rem .25rem;white-space:normal}
tbody th,td.text{min-width:0;overflow-wrap:anywhere}pre{white-space:pre-wrap}
details,.choices,.filter,.tip{display:none}}
";
