// Scaling advice: in words, and as charts of required against present replicas.

import { draw } from "./charts.js";
import { by_id, element, keyed, set_text } from "./view.js";

const history = new Map();  // by upstream: [{at, required, present}]

function remember(name, advice, at, span) {
  const points = (history.get(name) ?? []).filter((point) => at - point.at <= span);
  points.push({ at, required: advice.required_replicas, present: advice.present_replicas });
  history.set(name, points);
  return points;
}

function make_chart([name]) {
  const legend = element("ul", { class: "legend" }, element("li", { class: "first" }, "present"),
    element("li", { class: "second" }, "required (dashed)"));
  return element("figure", {}, element("figcaption", {}, name), legend, element("div", { class: "chart" }));
}

export function show_scaling(scaling, now, span) {
  const upstreams = Object.entries(scaling.upstreams ?? {});
  const words = [...(scaling.recommendations ?? []),
    ...upstreams.map(([name, advice]) => `${name}: ${advice.explanation ?? ""}`)];
  if (scaling.upstreams === undefined) words.push("Not configured");
  keyed(by_id("advice"), words.map((text, i) => ({ text, i })), ({ i }) => i, () => element("p"),
    (node, { text }) => set_text(node, text));
  keyed(by_id("replica-charts"), upstreams, ([name]) => name, make_chart, (figure, [name, advice]) => {
    const points = remember(name, advice, now, span);
    const label = `${name}: ${advice.present_replicas} replicas present, ${advice.required_replicas} required`;
    const line = (key) => points.map((point) => ({ at: point.at, value: point[key] }));
    set_text(figure.firstChild, label);
    draw(figure.lastChild, label, [{ class: "first", points: line("present") }, { class: "second", points: line("required") }], now, span);
  });
}
