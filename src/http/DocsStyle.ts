/** The style of the documentation's pages. */
export const css = `
:root{color-scheme:light dark;--paper:light-dark(#fdfcf9,#14161a);--ink:light-dark(#1d2126,#e6e7e4);--quiet:light-dark(#5a6068,#a2a8b0);
--line:light-dark(#dedad0,#30343b);--soft:light-dark(#f4f1e9,#1d2026);--link:light-dark(#0b5c8a,#7cc4ee);--get:light-dark(#1d6b3a,#7fd6a0);--post:light-dark(#9a4a00,#f3b36b)}
*{box-sizing:border-box}
html{scroll-padding-top:4rem}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;z-index:2;background:var(--paper);padding:.5rem}
header{position:sticky;top:0;z-index:1;display:flex;gap:1.5rem;align-items:baseline;padding:.6rem 1.25rem;background:var(--paper);border-bottom:1px solid var(--line)}
header nav a{margin-right:.9rem}
.brand{margin:0;font-weight:650;letter-spacing:.01em}
.columns{display:grid;grid-template-columns:19rem minmax(0,1fr);max-width:78rem;margin:0 auto}
.index{position:sticky;top:3rem;align-self:start;max-height:calc(100vh - 3rem);overflow-y:auto;padding:1rem 1.25rem;font-size:.82rem}
.index p{margin:.9rem 0 .2rem;font-weight:600}
.index ul{list-style:none;margin:0;padding:0}
.index li{margin:.15rem 0;overflow-wrap:anywhere}
.index a{text-decoration:none}
.index a:hover{text-decoration:underline}
main{padding:.5rem 1.25rem 6rem;min-width:0}
h1{font-size:1.7rem;line-height:1.25;margin:1rem 0}
h2{font-size:1.3rem;margin:3rem 0 .5rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1.02rem;margin:2rem 0 .4rem;overflow-wrap:anywhere}
main p{max-width:46rem;margin:.4rem 0}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
.method{display:inline-block;min-width:2.7rem;font:600 .72rem ui-monospace,monospace;color:var(--get)}
.method.post,.method.put{color:var(--post)}
.summary{font-weight:550}
.access{margin-left:.4rem;padding:.05rem .5rem;border:1px solid var(--line);border-radius:1rem;font-size:.78rem;font-weight:400;color:var(--quiet);white-space:nowrap}
.optional{color:var(--quiet);font-size:.78rem;font-weight:400}
table{width:100%;border-collapse:collapse;margin:.6rem 0;font-size:.88rem}
caption{text-align:left;color:var(--quiet);font-size:.78rem;padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-top:1px solid var(--line)}
thead th{border:0;color:var(--quiet);font-weight:500;font-size:.78rem}
tbody th{font-weight:500}
details{margin:.6rem 0}
summary{cursor:pointer;color:var(--quiet);font-size:.88rem}
details table caption{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.code{white-space:nowrap}
:target{background:var(--soft)}
@media (max-width:56rem){.columns{display:block}.index{position:static;max-height:none;border-bottom:1px solid var(--line)}header{flex-wrap:wrap;gap:.4rem 1rem}
table,thead,tbody,tr,th,td,caption{display:block}thead{display:none}tbody tr{padding:.4rem 0;border-top:1px solid var(--line)}th,td{border:0;padding:.1rem 0}}
@media print{header,.index{display:none}details>*{display:block}}
`
