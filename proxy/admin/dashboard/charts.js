// Line charts in SVG, made node by node: no text becomes markup.

const svg = "http://www.w3.org/2000/svg";
const height = 128, left = 44, right = 8, top = 10, bottom = 20;

function element(name, attributes, text) {
  const node = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

const number = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : Number(value.toFixed(2)).toString());

// SERIES: [{class, points: [{at, value}]}] over SPAN seconds that end at NOW. LABEL says it in words.
export function draw(holder, label, series, now, span) {
  const width = Math.max(200, holder.clientWidth);
  const highest = Math.max(1, ...series.flatMap(({ points }) => points.map(({ value }) => value)));
  const x = (at) => left + (width - left - right) * (1 - (now - at) / span);
  const y = (value) => top + (height - top - bottom) * (1 - value / highest);
  const chart = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  chart.append(element("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }));
  chart.append(element("text", { x: left - 6, y: top + 8, "text-anchor": "end" }, number(highest)));
  chart.append(element("text", { x: left - 6, y: height - bottom, "text-anchor": "end" }, "0"));
  chart.append(element("text", { x: left, y: height - 5 }, `−${Math.round(span / 60)} min`));
  chart.append(element("text", { x: width - right, y: height - 5, "text-anchor": "end" }, "now"));
  for (const { class: name, points } of series) {
    const shown = points.filter(({ at }) => now - at <= span);
    if (shown.length === 0) continue;
    const path = shown.map(({ at, value }, i) => `${i === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    chart.append(element("path", { class: name, d: shown.length === 1 ? `${path}h1` : path }));
  }
  holder.replaceChildren(chart);
}
