import Basics

/// The page's style: one measure of text, tabular figures, a quiet palette in light and dark, and a print form.
enum Stylesheet {
  private static let light = """
    --ink:#1b1f24;--muted:#59636e;--rule:#d8dee4;--surface:#fff;--panel:#f6f8fa;--good:#007a58;--bad:#c04a00;
    --series-0:#0072b2;--series-1:#d55e00;--series-2:#009e73;--series-3:#aa4499;--series-4:#b07d00;
    --series-5:#3a9bd1;--series-6:#555c66;
    """
  private static let dark = """
    --ink:#e8eaed;--muted:#9aa4af;--rule:#323942;--surface:#15181c;--panel:#1d2126;--good:#2fc49a;--bad:#ff9152;
    --series-0:#56b4e9;--series-1:#ff8c42;--series-2:#2fc49a;--series-3:#d993bf;--series-4:#e6b400;
    --series-5:#9fd3f2;--series-6:#aeb6bf;
    """

  static let text = """
    :root{color-scheme:light dark;\(light)}
    @media screen and (prefers-color-scheme:dark){:root{\(dark)}}
    *{box-sizing:border-box}
    body{margin:0 auto;padding:2.5rem 1.5rem 4rem;max-width:62rem;background:var(--surface);color:var(--ink);
      font:16px/1.55 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
    h1{font-size:2rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 .5rem;text-wrap:balance}
    h2{font-size:1.3rem;letter-spacing:-.01em;margin:3rem 0 .75rem;padding-top:1.1rem;border-top:1px solid var(--rule)}
    p{max-width:46rem;margin:.75rem 0}
    .summary{font-size:1.08rem;color:var(--muted)}
    figure{margin:1.5rem 0}
    figcaption,caption{color:var(--muted);font-size:.875rem;max-width:46rem;text-align:left}
    figcaption{margin-top:.5rem}
    caption{caption-side:bottom;padding-top:.6rem}
    svg{display:block;max-width:100%;height:auto}
    .scroll{overflow-x:auto}
    @media screen and (max-width:48rem){.scroll>svg{max-width:none}}
    .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(12.5rem,1fr));gap:.75rem;margin:1.75rem 0}
    .figures div{background:var(--panel);border:1px solid var(--rule);border-radius:.6rem;padding:.9rem 1.1rem;display:flex;
      flex-direction:column}
    .figures dt{color:var(--muted);font-size:.875rem}
    .figures dd{margin:0}
    .figures .value{font-size:1.75rem;font-weight:650;letter-spacing:-.02em;line-height:1.25;font-variant-numeric:tabular-nums}
    .figures .detail{color:var(--muted);font-size:.8rem}
    table{border-collapse:collapse;width:100%;font-size:.925rem;font-variant-numeric:tabular-nums;margin:1.25rem 0}
    th,td{padding:.4rem .7rem;text-align:left;border-bottom:1px solid var(--rule);vertical-align:baseline}
    thead th{color:var(--muted);font-weight:500;font-size:.85rem;border-bottom:2px solid var(--rule);vertical-align:bottom}
    tbody th{font-weight:400;white-space:nowrap}
    .right{text-align:right}
    td.right{white-space:nowrap}
    .many{font-size:.8rem}
    .many th,.many td{padding:.4rem .3rem}
    .many thead th{font-size:.75rem}
    .many tbody th{white-space:normal}
    .strong,.strong th{font-weight:650}
    .beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(26rem,1fr));gap:0 2rem;align-items:end}
    .images{border-collapse:separate;border-spacing:0;width:auto}
    .images th,.images td{border:0;padding:.25rem .9rem .25rem 0;vertical-align:middle}
    .images thead th{border:0;padding-bottom:.3rem}
    .images th small{display:block;max-width:11rem;white-space:normal;color:var(--muted);font-size:.75rem;line-height:1.3}
    .images .row{display:flex;flex-wrap:wrap;gap:.4rem}
    .images .picture{display:inline-flex;flex-direction:column;align-items:center;font-size:.7rem;line-height:1.3;
      color:var(--muted)}
    .images img{width:3.1rem;height:3.1rem;object-fit:contain;image-rendering:pixelated;border:2px solid var(--rule);
      border-radius:.35rem;background:#fff}
    .images .right-answer img{border-color:var(--good)}
    .images .wrong-answer img{border-color:var(--bad);border-style:dashed}
    .images .right-answer{color:var(--good)}
    .images .wrong-answer{color:var(--bad)}
    pre{background:var(--panel);border:1px solid var(--rule);border-radius:.5rem;padding:1rem;overflow-x:auto;
      font-size:.82rem;line-height:1.45}
    details{margin:1rem 0}
    summary{cursor:pointer;font-weight:550}
    footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--rule);color:var(--muted);font-size:.82rem}
    @media print{body{max-width:none;padding:0;font-size:10.5pt}h2{break-after:avoid}figure,table,.figures{break-inside:avoid}
      .scroll{overflow:visible}}
    """
}
